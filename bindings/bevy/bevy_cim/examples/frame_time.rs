//! What a headless app's frames cost: with 100,000 nodes and 200,000 edges, 5,000 mutations arrive in each frame; and
//! 10,000 new nodes in a frame, beside a plain `World::spawn_batch` of the same components.
//!
//!     cargo run --release --example frame_time
//!
//! Medians of the frames are printed. Not measured: drawing, and schedules of an app's own.

use bevy_app::prelude::*;
use bevy_cim::prelude::*;
use bevy_ecs::prelude::*;
use bevy_transform::components::Transform;
use cim_sys::safe::Transaction;
use std::time::{Duration, Instant};

const NODES: usize = 100_000;
const EDGES: usize = 200_000;
const PER_FRAME: usize = 5_000;
const BATCH: usize = 10_000;

fn append(app: &App, events: impl Iterator<Item = (&'static str, String)>) {
    let mut transaction = Transaction::new("graph-1").unwrap();
    for (event_type, payload) in events {
        transaction.add_json(event_type, &payload).unwrap();
    }
    app.world().resource::<EventStreamService>().store.append(&transaction, Expected::Any).unwrap();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn position(app: &App) -> u64 {
    app.world().resource::<Connection>().position
}

fn update_until(app: &mut App, event: usize) {
    while position(app) < event as u64 {
        app.update();
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Times frames that bring something; each waits until its events are read, so that only the frame is measured.
fn frames(app: &mut App, count: usize, mut append_one: impl FnMut(&App, usize) -> usize) -> Duration {
    let mut times = Vec::new();
    let mut last = position(app) as usize;
    for i in 0..count {
        last += append_one(app, i);
        std::thread::sleep(Duration::from_millis(60));
        let start = Instant::now();
        app.update();
        let time = start.elapsed();
        if position(app) as usize == last {
            times.push(time);
        } else {
            update_until(app, last); // it was not read yet: no frame of this kind
        }
    }
    println!("  {} of {count} frames had all of it", times.len());
    median(times)
}

fn main() {
    let mut app = App::new();
    app.add_plugins(CimPlugins::new("sqlite::memory:").graph("graph-1"))
        .insert_resource(FrameBudget { max_events: 1_000_000, max_time_us: 1_000_000 });
    let node = |id: usize| format!(r#"{{"node_id":"node-{id}","node_type":"Document"}}"#);

    for first in (0..NODES).step_by(BATCH) {
        append(&app, (first..first + BATCH).map(|id| ("NodeCreated", node(id))));
    }
    for first in (0..EDGES).step_by(BATCH) {
        append(
            &app,
            (first..first + BATCH).map(|id| {
                let (source, target) = (id % NODES, (id * 7919 + 1) % NODES);
                let payload = format!(
                    r#"{{"edge_id":"edge-{id}","source":"node-{source}","target":"node-{target}","edge_type":"refs"}}"#
                );
                ("EdgeConnected", payload)
            }),
        );
    }
    let before = resident_bytes();
    update_until(&mut app, NODES + EDGES);
    println!(
        "{NODES} nodes and {EDGES} edges: resident memory grew by {} bytes for each, with what was read and its messages",
        (resident_bytes() - before) / (NODES + EDGES)
    );

    println!("{PER_FRAME} mutations in a frame of that graph (moves):");
    let moves = frames(&mut app, 15, |app, i| {
        append(
            app,
            (0..PER_FRAME).map(|n| {
                let id = (i * PER_FRAME + n) % NODES;
                let payload =
                    format!(r#"{{"node_id":"node-{id}","operation":{{"Translate":{{"delta":[0.5,0.25,1]}}}}}}"#);
                ("NodeTransformed", payload)
            }),
        );
        PER_FRAME
    });
    println!("  median frame {moves:?}");

    println!("{BATCH} new nodes in a frame:");
    let spawns = frames(&mut app, 15, |app, i| {
        let first = NODES + i * BATCH;
        append(app, (first..first + BATCH).map(|id| ("NodeCreated", node(id))));
        BATCH
    });
    let raw = median(
        (0..15)
            .map(|_| {
                let mut world = World::new();
                let start = Instant::now();
                world.spawn_batch((0..BATCH).map(|id| {
                    (
                        GraphNode {
                            node_id: format!("node-{id}"),
                            node_type: "Document".to_string(),
                            graph_index: id as u32,
                            parent: None,
                            properties: Box::default(),
                        },
                        Transform::IDENTITY,
                    )
                }));
                start.elapsed()
            })
            .collect(),
    );
    println!("  median frame {spawns:?}; spawn_batch of the same in an empty world {raw:?}");
    app.update();
}
