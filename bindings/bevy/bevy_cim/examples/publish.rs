//! Records nodes out of an app, and tells where each landed.
//!
//!     cargo run --example publish -- sqlite:history.db graph-123 [NODES]

use bevy_app::{ScheduleRunnerPlugin, prelude::*};
use bevy_cim::prelude::*;
use bevy_ecs::prelude::*;
use std::time::Duration;

#[derive(Resource)]
struct Wanted {
    graph: String,
    nodes: u64,
    done: u64,
}

fn publish(wanted: Res<Wanted>, mut messages: MessageWriter<Publish>) {
    messages.write_batch((0..wanted.nodes).map(|key| Publish {
        key,
        aggregate: wanted.graph.clone(),
        events: vec![("NodeCreated".into(), format!(r#"{{"node_id":"bevy-{key}","node_type":"Example"}}"#))],
        expected: Expected::Any,
    }));
}

fn report(mut wanted: ResMut<Wanted>, mut published: MessageReader<Published>, mut exit: MessageWriter<AppExit>) {
    for outcome in published.read() {
        match &outcome.result {
            Ok(receipt) => {
                println!("node {} is event {} of its chain: {}", outcome.key, receipt.head_sequence, receipt.head)
            }
            Err(error) => println!("node {}: {error}", outcome.key),
        }
        wanted.done += 1;
    }
    if wanted.done == wanted.nodes {
        exit.write(AppExit::Success);
    }
}

fn main() -> AppExit {
    let mut arguments = std::env::args().skip(1);
    let (Some(store), Some(graph)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: publish STORE GRAPH [NODES]");
        return AppExit::from_code(2);
    };
    let nodes = arguments.next().and_then(|nodes| nodes.parse().ok()).unwrap_or(3);
    App::new()
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(16)))
        .add_plugins(CimPlugins::new(store).graph(&graph))
        .insert_resource(Wanted { graph, nodes, done: 0 })
        .add_systems(Startup, publish)
        .add_systems(Update, report)
        .run()
}
