use crate::mutation::{GraphMutationEvent, Shared};
use bevy_ecs::prelude::*;
use cim_sys::safe::{
    Bridge, BridgeOptions, Budget, Edge, Error, Expected, Frame, History, Node, Receipt, Store, Subgraph, Transaction,
};
use cim_sys::*;
use std::sync::{Mutex, PoisonError};

/// The store, for what is not done in frames.
#[derive(Resource, Clone)]
pub struct EventStreamService {
    /// May be used from any thread.
    pub store: Store,
}

/// The subscription and what it feeds. Its systems lock it for no longer than a frame's work takes.
#[derive(Resource)]
pub struct NatsSubscriptionManager {
    // A bridge may be sent and not shared; exclusive access needs no lock.
    bridge: Mutex<Bridge>,
}

impl NatsSubscriptionManager {
    /// The bridge itself: statistics, state CID, snapshots.
    pub fn bridge(&mut self) -> &mut Bridge {
        // A panic in a system leaves a bridge that is between two calls, which is as good as before.
        self.bridge.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much of a frame's time may go into the graph; 0 is the library's default (10,000 events, 2 ms).
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct FrameBudget {
    /// One whole transaction at least.
    pub max_events: u64,
    /// Microseconds.
    pub max_time_us: u32,
}

/// How the subscription is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ConnectionState {
    #[default]
    Connecting,
    CatchingUp,
    Connected,
    /// Its buffer is full: it reads on when frames come.
    Lagging,
    Reconnecting,
    /// Gets nothing any more.
    Failed,
    Closed,
}

/// How the subscription was in the last frame.
#[derive(Resource, Clone, Debug, Default)]
pub struct Connection {
    /// As a value to read.
    pub state: ConnectionState,
    /// Why it failed or reconnects, where that is known.
    pub error: Option<Error>,
    /// Of the last event in the live graph.
    pub position: u64,
    /// Events behind the end of the log.
    pub lag: u64,
}

impl Connection {
    pub(crate) fn failed(error: Error) -> Self {
        Self { state: ConnectionState::Failed, error: Some(error), ..Default::default() }
    }
}

/// A run condition: everything that there is has been received.
///
/// ```
/// # use bevy_app::prelude::*; use bevy_ecs::prelude::*;
/// # fn draw() {}
/// App::new().add_systems(Update, draw.run_if(bevy_cim::is_connected));
/// ```
pub fn is_connected(connection: Option<Res<Connection>>) -> bool {
    connection.is_some_and(|connection| connection.state == ConnectionState::Connected)
}

/// Write one to have events recorded together, all or none.
#[derive(Message, Clone, Debug)]
pub struct Publish {
    /// Yours, comes back in [`Published`].
    pub key: u64,
    /// The aggregate.
    pub aggregate: String,
    /// Event types and their payloads as DAG-JSON.
    pub events: Vec<(String, String)>,
    /// Onto which head it may land.
    pub expected: Expected,
}

/// What became of a [`Publish`].
#[derive(Message, Clone, Debug)]
pub struct Published {
    /// As it was given.
    pub key: u64,
    /// Where it landed, or why not.
    pub result: Result<Receipt, Error>,
}

/// A node as it is to be in the world.
pub(crate) struct NodeState {
    pub index: u32,
    pub parent: Option<u32>,
    pub id: String,
    pub node_type: String,
    pub properties: Box<[u8]>,
    pub transform: cim_transform,
}
/// An edge as it is to be in the world.
pub(crate) struct EdgeState {
    pub index: u32,
    pub source: u32,
    pub target: u32,
    pub id: String,
    pub edge_type: String,
    pub properties: Box<[u8]>,
}

/// What the last frame changed, until it is applied.
#[derive(Resource, Default)]
pub(crate) struct Received {
    pub rebuilt: bool,
    pub removed_nodes: Vec<u32>,
    pub removed_edges: Vec<u32>,
    pub nodes: Vec<NodeState>,
    pub edges: Vec<EdgeState>,
    pub subgraphs: Option<Vec<Subgraph>>,
    pub publishes: Vec<(u64, u64)>, // (request, key)
}

pub(crate) fn open(
    url: &str,
    graph: &str,
    subject: &str,
    mapping: &str,
    history: History,
) -> Result<(EventStreamService, NatsSubscriptionManager), Error> {
    let store = Store::open(url)?;
    let options = BridgeOptions { graph, subject, mapping, history, buffer_events: 0 };
    let bridge = Bridge::open(&store, &options)?;
    Ok((EventStreamService { store }, NatsSubscriptionManager { bridge: Mutex::new(bridge) }))
}

/// Pumps: mutations become messages, changes wait for `apply`.
pub(crate) fn receive(
    manager: Option<ResMut<NatsSubscriptionManager>>,
    connection: Option<ResMut<Connection>>,
    budget: Res<FrameBudget>,
    mut received: ResMut<Received>,
    mut mutations: MessageWriter<GraphMutationEvent>,
    mut published: MessageWriter<Published>,
) {
    let (Some(mut manager), Some(mut connection)) = (manager, connection) else { return };
    let bridge = manager.bridge();
    let budget = Budget { max_events: budget.max_events, max_time_us: budget.max_time_us };
    let pumped = bridge.pump(budget).and_then(|mut frame| {
        let mut shared = Shared::default();
        frame.mutations(|mutation| {
            mutations.write(GraphMutationEvent::of(mutation, &mut shared));
        })?;
        for outcome in frame.outcomes()? {
            let Some(at) = received.publishes.iter().position(|(request, _)| *request == outcome.id) else { continue };
            published.write(Published { key: received.publishes.swap_remove(at).1, result: outcome.result });
        }
        collect(&mut frame, &mut received)
    });
    if let Err(error) = pumped {
        *connection = Connection::failed(error);
        return;
    }
    if let Ok((status, message)) = bridge.status() {
        connection.state = match status.state {
            CIM_CONNECTING => ConnectionState::Connecting,
            CIM_CATCHING_UP => ConnectionState::CatchingUp,
            CIM_CONNECTED => ConnectionState::Connected,
            CIM_LAGGING => ConnectionState::Lagging,
            CIM_RECONNECTING => ConnectionState::Reconnecting,
            CIM_FAILED => ConnectionState::Failed,
            _ => ConnectionState::Closed,
        };
        connection.error = (status.code != CIM_OK).then(|| Error { code: status.code, message, advice: String::new() });
        connection.position = status.position;
        connection.lag = status.lag;
    }
}

fn collect(frame: &mut Frame<'_>, into: &mut Received) -> Result<(), Error> {
    let (nodes, edges) = if frame.info.rebuilt != 0 {
        into.rebuilt = true;
        (frame.all_nodes()?, frame.all_edges()?)
    } else {
        into.removed_nodes = frame.changes(CIM_REMOVED_NODES)?;
        into.removed_edges = frame.changes(CIM_REMOVED_EDGES)?;
        let mut nodes = frame.changes(CIM_ADDED_NODES)?;
        nodes.append(&mut frame.changes(CIM_UPDATED_NODES)?);
        let mut edges = frame.changes(CIM_ADDED_EDGES)?;
        edges.append(&mut frame.changes(CIM_UPDATED_EDGES)?);
        (nodes, edges)
    };
    into.nodes.reserve(nodes.len());
    into.edges.reserve(edges.len());
    frame.nodes(&nodes, |node| into.nodes.push(NodeState::of(node)))?;
    frame.edges(&edges, |edge| into.edges.push(EdgeState::of(edge)))?;
    if frame.info.rebuilt != 0 || frame.info.subgraphs_changed != 0 {
        into.subgraphs = Some(frame.subgraphs()?);
    }
    Ok(())
}

/// An empty map is one byte, and is kept as none.
fn properties(from: &[u8]) -> Box<[u8]> {
    if from.len() > 1 { from.into() } else { Box::default() }
}

impl NodeState {
    fn of(node: Node<'_>) -> Self {
        Self {
            index: node.index,
            parent: node.parent,
            id: node.id.to_string(),
            node_type: node.node_type.to_string(),
            properties: properties(node.properties),
            transform: node.transform,
        }
    }
}
impl EdgeState {
    fn of(edge: Edge<'_>) -> Self {
        Self {
            index: edge.index,
            source: edge.source,
            target: edge.target,
            id: edge.id.to_string(),
            edge_type: edge.edge_type.to_string(),
            properties: properties(edge.properties),
        }
    }
}

/// Queues what is to be recorded.
pub(crate) fn send(
    manager: Option<ResMut<NatsSubscriptionManager>>,
    mut received: ResMut<Received>,
    mut wanted: MessageReader<Publish>,
    mut published: MessageWriter<Published>,
) {
    let Some(mut manager) = manager else {
        for publish in wanted.read() {
            let error = Error { code: CIM_CLOSED, message: "there is no store".into(), advice: String::new() };
            published.write(Published { key: publish.key, result: Err(error) });
        }
        return;
    };
    for publish in wanted.read() {
        let queued = Transaction::new(&publish.aggregate).and_then(|mut transaction| {
            for (event_type, payload) in &publish.events {
                transaction.add_json(event_type, payload)?;
            }
            manager.bridge().publish(&transaction, &publish.expected)
        });
        match queued {
            Ok(request) => received.publishes.push((request, publish.key)),
            Err(error) => {
                published.write(Published { key: publish.key, result: Err(error) });
            }
        }
    }
}
