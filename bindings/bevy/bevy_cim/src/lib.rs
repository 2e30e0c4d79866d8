//! Live and replayed event graphs in Bevy: the verified events of a [cim](cim_sys) log become entities.
//!
//! ```no_run
//! use bevy_app::{ScheduleRunnerPlugin, prelude::*};
//! use bevy_cim::prelude::*;
//! use bevy_ecs::prelude::*;
//!
//! fn react(mut mutations: MessageReader<GraphMutationEvent>, nodes: Query<&GraphNode>) {
//!     for event in mutations.read() {
//!         println!("{:?}: {} nodes", event.mutation, nodes.iter().count());
//!     }
//! }
//!
//! App::new()
//!     .add_plugins(ScheduleRunnerPlugin::default())
//!     .add_plugins(CimPlugins::new("sqlite:history.db").graph("graph-123"))
//!     .add_systems(Update, react)
//!     .run();
//! ```
//!
//! Each frame, in `PreUpdate`: [`CimSystems::Receive`] pumps what was read and verified in the background, within
//! [`FrameBudget`], and writes [`GraphMutationEvent`]s; [`CimSystems::Apply`] makes the entities what the graph is. In
//! `PostUpdate`, [`CimSystems::Send`] queues what was written as [`Publish`]; what becomes of it comes as [`Published`].
//!
//! A stored transaction is whole in a frame, or not yet there. Entities follow the graph, not the messages: a system that
//! reads messages late, or never, loses no state.
#![forbid(unsafe_code)]

mod apply;
mod components;
mod consumer;
mod mutation;
mod receive;
mod replay;

pub use apply::{PartsError, state_cid};
pub use components::{GraphEdge, GraphModel, GraphNode, GraphSubgraph};
pub use consumer::{GraphEventConsumer, SubjectConsumer, SubjectRouterPlugin, matches};
pub use mutation::{EventSource, GraphMutation, GraphMutationEvent, Operation, Target};
pub use receive::{
    Connection, ConnectionState, EventStreamService, FrameBudget, NatsSubscriptionManager, Publish, Published,
    is_connected,
};
pub use replay::{ControlReplay, ReplayPlugin, ReplayState, TransactionReplay, start_transaction_replay};

pub use cim_sys::safe::{Error, Expected, History, Receipt, ReplayControl, Store};

use bevy_app::{App, Plugin, PluginGroup, PluginGroupBuilder, PostUpdate, PreUpdate};
use bevy_ecs::prelude::*;

/// What most programs use.
pub mod prelude {
    pub use crate::{
        CimPlugins, CimSystems, Connection, ConnectionState, ControlReplay, EventSource, EventStreamService, Expected,
        FrameBudget, GraphEdge, GraphEventConsumer, GraphModel, GraphMutation, GraphMutationEvent, GraphNode,
        GraphSubgraph, History, NatsSubscriptionManager, Operation, Publish, Published, ReplayControl, ReplayState,
        SubjectConsumer, Target, TransactionReplay, is_connected, start_transaction_replay,
    };
}

/// When the systems of this crate run.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CimSystems {
    /// In `PreUpdate`: what came, as messages.
    Receive,
    /// In `PreUpdate`, after it: entities and components.
    Apply,
    /// In `PostUpdate`: what is to be recorded.
    Send,
}

/// Everything: subscription, graph, replay and subject consumers.
#[derive(Clone, Debug)]
pub struct CimPlugins {
    url: String,
    graph: String,
    subject: String,
    mapping: String,
    history: History,
}

impl CimPlugins {
    /// A store by URL: `sqlite:history.db`, `nats://localhost:4222/event-store`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            graph: String::new(),
            subject: String::new(),
            mapping: String::new(),
            history: History::All,
        }
    }
    /// The events of this aggregate.
    pub fn graph(mut self, id: impl Into<String>) -> Self {
        self.graph = id.into();
        self
    }
    /// The events with such subjects, where no graph is named.
    pub fn subject(mut self, pattern: impl Into<String>) -> Self {
        self.subject = pattern.into();
        self
    }
    /// A mapping file's JSON: what event types of your own mean for the graph.
    pub fn mapping(mut self, json: impl Into<String>) -> Self {
        self.mapping = json.into();
        self
    }
    /// What the graph is made of before live events.
    pub fn history(mut self, history: History) -> Self {
        self.history = history;
        self
    }
}

impl PluginGroup for CimPlugins {
    fn build(self) -> PluginGroupBuilder {
        PluginGroupBuilder::start::<Self>()
            .add(NatsSubscriptionPlugin(self))
            .add(GraphPlugin)
            .add(ReplayPlugin)
            .add(SubjectRouterPlugin)
    }
}

/// Opens the store and pumps it into messages. A store that cannot be opened is an error in [`Connection`], and the app
/// goes on without.
pub struct NatsSubscriptionPlugin(pub CimPlugins);

impl Plugin for NatsSubscriptionPlugin {
    fn build(&self, app: &mut App) {
        let with = &self.0;
        app.add_message::<GraphMutationEvent>()
            .add_message::<Publish>()
            .add_message::<Published>()
            .init_resource::<FrameBudget>()
            .init_resource::<receive::Received>()
            .configure_sets(PreUpdate, (CimSystems::Receive, CimSystems::Apply).chain())
            .add_systems(PreUpdate, receive::receive.in_set(CimSystems::Receive))
            .add_systems(PostUpdate, receive::send.in_set(CimSystems::Send));
        match receive::open(&with.url, &with.graph, &with.subject, &with.mapping, with.history) {
            Ok((service, manager)) => {
                app.insert_resource(service).insert_resource(manager).insert_resource(Connection::default());
            }
            Err(error) => {
                app.insert_resource(Connection::failed(error));
            }
        }
    }
}

/// Makes entities out of the graph.
pub struct GraphPlugin;

impl Plugin for GraphPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<GraphModel>()
            .init_resource::<receive::Received>()
            .init_resource::<apply::Mirror>()
            .add_systems(PreUpdate, apply::apply_graph_mutations_system.in_set(CimSystems::Apply));
    }
}
