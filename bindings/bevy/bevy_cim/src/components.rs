use bevy_ecs::lifecycle::HookContext;
use bevy_ecs::prelude::*;
use bevy_ecs::world::DeferredWorld;
use bevy_platform::collections::HashMap;

/// A node of the graph; its place is the entity's `Transform`.
///
/// The hierarchy of the graph is [`GraphNode::parent`] and not Bevy's `ChildOf`: transforms in the log are the world's, and
/// a parent that goes does not take its children with it.
#[derive(Component, Clone, Debug, PartialEq)]
#[component(on_add = add_node, on_remove = remove_node)]
pub struct GraphNode {
    /// Its id in the log.
    pub node_id: String,
    /// What kind of thing it is.
    pub node_type: String,
    /// Where it is in the graph's arrays: stable while it is there, reused after it is gone.
    pub graph_index: u32,
    /// The node above it.
    pub parent: Option<Entity>,
    /// A canonical DAG-CBOR map; empty for none.
    pub properties: Box<[u8]>,
}

/// An edge of the graph, an entity of its own.
#[derive(Component, Clone, Debug, PartialEq)]
#[component(on_add = add_edge, on_remove = remove_edge)]
pub struct GraphEdge {
    /// Its id in the log.
    pub edge_id: String,
    /// What kind of relation it is.
    pub edge_type: String,
    /// Where it is in the graph's arrays.
    pub graph_index: u32,
    /// The node that it comes from.
    pub source: Entity,
    /// The node that it goes to.
    pub target: Entity,
    /// A canonical DAG-CBOR map; empty for none.
    pub properties: Box<[u8]>,
}

/// A subgraph, an entity of its own.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct GraphSubgraph {
    /// Its id in the log.
    pub subgraph_id: String,
    /// What it is called.
    pub label: String,
    /// Shown as one thing.
    pub collapsed: bool,
    /// Its members.
    pub nodes: Vec<Entity>,
}

/// Which entity is which node and edge; kept by the components' hooks, so it is right whoever despawns.
#[derive(Resource, Default, Debug)]
pub struct GraphModel {
    nodes: HashMap<String, Entity>,
    edges: HashMap<String, Entity>,
}

impl GraphModel {
    /// The entity of that node.
    pub fn node(&self, id: &str) -> Option<Entity> {
        self.nodes.get(id).copied()
    }
    /// The entity of that edge.
    pub fn edge(&self, id: &str) -> Option<Entity> {
        self.edges.get(id).copied()
    }
    /// How many there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
    /// How many there are.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }
}

fn add_node(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<GraphNode>(context.entity).map(|node| node.node_id.clone()) else { return };
    if let Some(mut model) = world.get_resource_mut::<GraphModel>() {
        model.nodes.insert(id, context.entity);
    }
}
fn remove_node(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<GraphNode>(context.entity).map(|node| node.node_id.clone()) else { return };
    if let Some(mut model) = world.get_resource_mut::<GraphModel>()
        && model.nodes.get(&id) == Some(&context.entity)
    {
        model.nodes.remove(&id);
    }
}
fn add_edge(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<GraphEdge>(context.entity).map(|edge| edge.edge_id.clone()) else { return };
    if let Some(mut model) = world.get_resource_mut::<GraphModel>() {
        model.edges.insert(id, context.entity);
    }
}
fn remove_edge(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<GraphEdge>(context.entity).map(|edge| edge.edge_id.clone()) else { return };
    if let Some(mut model) = world.get_resource_mut::<GraphModel>()
        && model.edges.get(&id) == Some(&context.entity)
    {
        model.edges.remove(&id);
    }
}
