//! A live graph without a window: what is in a store, and what comes.
//!
//!     cargo run --example headless -- sqlite:history.db graph-123 [SECONDS]

use bevy_app::{ScheduleRunnerPlugin, prelude::*};
use bevy_cim::prelude::*;
use bevy_ecs::prelude::*;
use std::time::{Duration, Instant};

#[derive(Resource)]
struct End(Option<Instant>);

fn report(mut mutations: MessageReader<GraphMutationEvent>, model: Res<GraphModel>, connection: Res<Connection>) {
    let came = mutations.read().count();
    if came > 0 {
        println!(
            "{:?} at event {}: {came} mutations, {} nodes, {} edges",
            connection.state,
            connection.position,
            model.node_count(),
            model.edge_count()
        );
    }
}

fn stop(end: Res<End>, connection: Res<Connection>, mut exit: MessageWriter<AppExit>) {
    if let (ConnectionState::Failed, Some(error)) = (connection.state, &connection.error) {
        eprintln!("{error}");
        exit.write(AppExit::error());
    } else if end.0.is_some_and(|end| Instant::now() > end) {
        exit.write(AppExit::Success);
    }
}

fn main() -> AppExit {
    let mut arguments = std::env::args().skip(1);
    let (Some(store), Some(graph)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: headless STORE GRAPH [SECONDS]");
        return AppExit::from_code(2);
    };
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs_f64);
    App::new()
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(16)))
        .add_plugins(CimPlugins::new(store).graph(graph))
        .insert_resource(End(seconds.map(|seconds| Instant::now() + seconds)))
        .add_systems(Update, (report, stop).chain())
        .run()
}
