use crate::components::{GraphEdge, GraphNode, GraphSubgraph};
use crate::receive::{EdgeState, NodeState, Received};
use bevy_ecs::prelude::*;
use bevy_math::{Quat, Vec3};
use bevy_transform::components::Transform;
use cim_sys::cim_transform;
use cim_sys::safe::{Error, Parts};

/// Which entity is which element, by index.
#[derive(Resource, Default)]
pub(crate) struct Mirror {
    nodes: Vec<Option<Entity>>,
    edges: Vec<Option<Entity>>,
    subgraphs: Vec<Entity>,
}

fn at(entities: &[Option<Entity>], index: u32) -> Option<Entity> {
    entities.get(index as usize).copied().flatten()
}
fn put(entities: &mut Vec<Option<Entity>>, index: u32, entity: Entity) {
    let index = index as usize;
    if index >= entities.len() {
        entities.resize(index + 1, None);
    }
    entities[index] = Some(entity);
}

fn to_bevy(from: &cim_transform) -> Transform {
    Transform {
        translation: Vec3::from_array(from.translation),
        rotation: Quat::from_array(from.rotation),
        scale: Vec3::from_array(from.scale),
    }
}
fn from_bevy(from: &Transform) -> cim_transform {
    cim_transform {
        translation: from.translation.to_array(),
        rotation: from.rotation.to_array(),
        scale: from.scale.to_array(),
    }
}

/// Makes nodes, edges and subgraphs of the world what the graph is. Other components of their entities stay.
pub fn apply_graph_mutations_system(world: &mut World) {
    world.resource_scope(|world, mut received: Mut<Received>| {
        world.resource_scope(|world, mut mirror: Mut<Mirror>| apply(world, &mut received, &mut mirror));
    });
}

fn despawn(world: &mut World, entity: Option<Entity>) {
    // Somebody else may have despawned it.
    if let Some(entity) = entity
        && let Ok(entity) = world.get_entity_mut(entity)
    {
        entity.despawn();
    }
}

fn apply(world: &mut World, received: &mut Received, mirror: &mut Mirror) {
    if std::mem::take(&mut received.rebuilt) {
        received.removed_edges.clear();
        received.removed_nodes.clear();
        std::mem::take(&mut mirror.edges).into_iter().for_each(|edge| despawn(world, edge));
        std::mem::take(&mut mirror.nodes).into_iter().for_each(|node| despawn(world, node));
    }
    // Removed ones first: their indexes may be in use again.
    for index in received.removed_edges.drain(..) {
        despawn(world, mirror.edges.get_mut(index as usize).and_then(Option::take));
    }
    for index in received.removed_nodes.drain(..) {
        despawn(world, mirror.nodes.get_mut(index as usize).and_then(Option::take));
    }
    put_nodes(world, mirror, std::mem::take(&mut received.nodes));
    put_edges(world, mirror, std::mem::take(&mut received.edges));
    if let Some(subgraphs) = received.subgraphs.take() {
        std::mem::take(&mut mirror.subgraphs).into_iter().for_each(|entity| despawn(world, Some(entity)));
        for subgraph in subgraphs {
            let nodes = subgraph.nodes.iter().filter_map(|&node| at(&mirror.nodes, node)).collect();
            let component =
                GraphSubgraph { subgraph_id: subgraph.id, label: subgraph.label, collapsed: subgraph.collapsed, nodes };
            mirror.subgraphs.push(world.spawn(component).id());
        }
    }
}

fn put_nodes(world: &mut World, mirror: &mut Mirror, nodes: Vec<NodeState>) {
    let mut parents = Vec::new();
    let mut added = Vec::new();
    for node in nodes {
        if let Some(parent) = node.parent {
            parents.push((node.index, parent));
        }
        let transform = to_bevy(&node.transform);
        let known = at(&mirror.nodes, node.index);
        if let Some(mut entity) = known.and_then(|entity| world.get_entity_mut(entity).ok()) {
            if let Some(mut own) = entity.get_mut::<GraphNode>() {
                own.properties = node.properties;
                own.parent = None;
            }
            match entity.get_mut::<Transform>() {
                Some(mut own) => *own = transform,
                None => {
                    entity.insert(transform);
                }
            }
            continue;
        }
        added.push((
            GraphNode {
                node_id: node.id,
                node_type: node.node_type,
                graph_index: node.index,
                parent: None,
                properties: node.properties,
            },
            transform,
        ));
    }
    let indexes: Vec<u32> = added.iter().map(|(node, _)| node.graph_index).collect();
    for (index, entity) in indexes.into_iter().zip(world.spawn_batch(added)) {
        put(&mut mirror.nodes, index, entity);
    }
    // Now that all are there: a parent may come after its child.
    for (child, parent) in parents {
        let parent = at(&mirror.nodes, parent);
        if let Some(entity) = at(&mirror.nodes, child)
            && let Some(mut node) = world.get_mut::<GraphNode>(entity)
        {
            node.parent = parent;
        }
    }
}

fn put_edges(world: &mut World, mirror: &mut Mirror, edges: Vec<EdgeState>) {
    let mut added = Vec::new();
    for edge in edges {
        let known = at(&mirror.edges, edge.index);
        if let Some(mut own) = known.and_then(|entity| world.get_mut::<GraphEdge>(entity)) {
            own.properties = edge.properties;
            continue;
        }
        // The ends are entities of this graph unless somebody despawned them, and the edge then has no place.
        let (Some(source), Some(target)) = (at(&mirror.nodes, edge.source), at(&mirror.nodes, edge.target)) else {
            continue;
        };
        added.push(GraphEdge {
            edge_id: edge.id,
            edge_type: edge.edge_type,
            graph_index: edge.index,
            source,
            target,
            properties: edge.properties,
        });
    }
    let indexes: Vec<u32> = added.iter().map(|edge| edge.graph_index).collect();
    for (index, entity) in indexes.into_iter().zip(world.spawn_batch(added)) {
        put(&mut mirror.edges, index, entity);
    }
}

/// Why the components are no graph.
pub type PartsError = Error;

/// The state CID of the graph as it is in the components: equal to that of the log if nothing else changed them and no
/// edge waits for a node.
pub fn state_cid(world: &mut World) -> Result<String, PartsError> {
    let mut parts = Parts::new()?;
    let mut nodes = world.query::<(&GraphNode, &Transform)>();
    let mut edges = world.query::<&GraphEdge>();
    let mut subgraphs = world.query::<&GraphSubgraph>();
    let world = &*world;
    let id = |entity: Entity| world.get::<GraphNode>(entity).map_or("", |node| &node.node_id);
    for (node, transform) in nodes.iter(world) {
        let parent = node.parent.map_or("", id);
        parts.node(&node.node_id, &node.node_type, parent, &from_bevy(transform), &node.properties)?;
    }
    for edge in edges.iter(world) {
        parts.edge(&edge.edge_id, &edge.edge_type, id(edge.source), id(edge.target), &edge.properties)?;
    }
    for subgraph in subgraphs.iter(world) {
        let members: Vec<&str> = subgraph.nodes.iter().map(|&node| id(node)).collect();
        parts.subgraph(&subgraph.subgraph_id, &subgraph.label, subgraph.collapsed, &members)?;
    }
    parts.state_cid()
}
