use bevy_ecs::prelude::*;
use cim_sys::safe::Mutation;
use cim_sys::*;
use std::sync::Arc;

/// One change of the graph, as a message.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct GraphMutationEvent {
    /// Where it came from.
    pub source: EventSource,
    /// What changed.
    pub mutation: GraphMutation,
    /// The stored transaction that it is of.
    pub transaction_id: Option<Arc<str>>,
    /// The graph could not take it (an unknown node, a cycle, ...), and is as it was.
    pub refused: bool,
}

/// Where a mutation came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// Out of the log, as it came.
    Nats {
        /// In the log.
        sequence: u64,
        /// `event.store.{aggregate}.{type}`
        subject: Arc<str>,
    },
    /// Made here and recorded nowhere.
    Local,
    /// Out of a replay.
    Replay {
        /// In the log.
        original_sequence: u64,
    },
}

/// What an event means for the graph. Properties are canonical DAG-CBOR maps, empty for none.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum GraphMutation {
    AddNode { node_id: String, node_type: String, properties: Box<[u8]> },
    UpdateNode { node_id: String, updates: Box<[u8]> },
    RemoveNode { node_id: String },
    AddEdge { edge_id: String, source: String, target: String, edge_type: String, properties: Box<[u8]> },
    UpdateEdge { edge_id: String, updates: Box<[u8]> },
    RemoveEdge { edge_id: String },
    Transform { target: Target, operation: Operation },
    CreateSubgraph { subgraph_id: String, label: String, nodes: Vec<String> },
    AddToSubgraph { subgraph_id: String, nodes: Vec<String> },
    RemoveFromSubgraph { subgraph_id: String, nodes: Vec<String> },
    CollapseSubgraph { subgraph_id: String },
    ExpandSubgraph { subgraph_id: String },
}

/// What a transformation is applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Target {
    Node(String),
    Nodes(Vec<String>),
    Subgraph(String),
}

/// A transformation.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Operation {
    Translate([f32; 3]),
    Scale([f32; 3]),
    /// x, y, z, w
    Rotate([f32; 4]),
    Reparent(Option<String>),
    UpdateProperties(Box<[u8]>),
}

/// Texts that come again and again, kept from one mutation to the next: events of a transaction have its id in common, and
/// most often their subject too.
#[derive(Default)]
pub(crate) struct Shared {
    transaction_id: Option<Arc<str>>,
    aggregate: String,
    event_type: String,
    subject: Option<Arc<str>>,
}

impl Shared {
    fn transaction_id(&mut self, id: &str) -> Option<Arc<str>> {
        if id.is_empty() {
            return None;
        }
        if self.transaction_id.as_deref() != Some(id) {
            self.transaction_id = Some(id.into());
        }
        self.transaction_id.clone()
    }
    fn subject(&mut self, aggregate: &str, event_type: &str) -> Arc<str> {
        match &self.subject {
            Some(subject) if self.aggregate == aggregate && self.event_type == event_type => subject.clone(),
            _ => {
                let subject: Arc<str> = format!("event.store.{aggregate}.{event_type}").into();
                self.aggregate = aggregate.to_string();
                self.event_type = event_type.to_string();
                self.subject = Some(subject.clone());
                subject
            }
        }
    }
}

impl GraphMutationEvent {
    pub(crate) fn of(from: &Mutation<'_>, shared: &mut Shared) -> Self {
        Self {
            source: match from.raw.source {
                CIM_SOURCE_NATS => EventSource::Nats {
                    sequence: from.raw.sequence,
                    subject: shared.subject(from.aggregate(), from.event_type()),
                },
                CIM_SOURCE_LOCAL => EventSource::Local,
                _ => EventSource::Replay { original_sequence: from.raw.sequence },
            },
            mutation: mutation(from),
            transaction_id: shared.transaction_id(from.transaction_id()),
            refused: from.raw.outcome >= CIM_OUTCOME_UNKNOWN_NODE,
        }
    }
}

fn mutation(from: &Mutation<'_>) -> GraphMutation {
    let id = || from.id().to_string();
    let properties = || from.properties().into();
    match from.raw.kind {
        CIM_ADD_NODE => GraphMutation::AddNode {
            node_id: id(),
            node_type: from.type_or_label().to_string(),
            properties: properties(),
        },
        CIM_UPDATE_NODE => GraphMutation::UpdateNode { node_id: id(), updates: properties() },
        CIM_REMOVE_NODE => GraphMutation::RemoveNode { node_id: id() },
        CIM_ADD_EDGE => GraphMutation::AddEdge {
            edge_id: id(),
            source: from.edge_source().to_string(),
            target: from.edge_target().to_string(),
            edge_type: from.type_or_label().to_string(),
            properties: properties(),
        },
        CIM_UPDATE_EDGE => GraphMutation::UpdateEdge { edge_id: id(), updates: properties() },
        CIM_REMOVE_EDGE => GraphMutation::RemoveEdge { edge_id: id() },
        CIM_TRANSFORM => GraphMutation::Transform { target: target(from), operation: operation(from) },
        CIM_CREATE_SUBGRAPH => GraphMutation::CreateSubgraph {
            subgraph_id: id(),
            label: from.type_or_label().to_string(),
            nodes: from.ids(),
        },
        CIM_ADD_TO_SUBGRAPH => GraphMutation::AddToSubgraph { subgraph_id: id(), nodes: from.ids() },
        CIM_REMOVE_FROM_SUBGRAPH => GraphMutation::RemoveFromSubgraph { subgraph_id: id(), nodes: from.ids() },
        CIM_COLLAPSE_SUBGRAPH => GraphMutation::CollapseSubgraph { subgraph_id: id() },
        _ => GraphMutation::ExpandSubgraph { subgraph_id: id() },
    }
}

fn target(from: &Mutation<'_>) -> Target {
    match from.raw.target {
        CIM_TARGET_NODE => Target::Node(from.id().to_string()),
        CIM_TARGET_NODES => Target::Nodes(from.ids()),
        _ => Target::Subgraph(from.id().to_string()),
    }
}

fn operation(from: &Mutation<'_>) -> Operation {
    let [x, y, z, w] = from.raw.vector;
    match from.raw.operation {
        CIM_TRANSLATE => Operation::Translate([x, y, z]),
        CIM_SCALE => Operation::Scale([x, y, z]),
        CIM_ROTATE => Operation::Rotate([x, y, z, w]),
        CIM_REPARENT => {
            let parent = from.parent();
            Operation::Reparent((!parent.is_empty()).then(|| parent.to_string()))
        }
        _ => Operation::UpdateProperties(from.properties().into()),
    }
}
