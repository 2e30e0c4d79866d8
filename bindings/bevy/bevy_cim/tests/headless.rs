//! Aim: a Bevy app without a window has the graph of the log, publishes, replays and survives what goes wrong. Method: a
//! log in memory, `App::update()` as the frame.

use bevy_app::prelude::*;
use bevy_cim::prelude::*;
use bevy_cim::state_cid;
use bevy_ecs::prelude::*;
use bevy_transform::components::Transform;
use cim_sys::safe::Transaction;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

const HISTORY: &str = include_str!("../../../../tests/one_truth/history.txt");
const STATE: &str = include_str!("../../../../tests/one_truth/state.txt");

fn app() -> App {
    let mut app = App::new();
    app.add_plugins(CimPlugins::new("sqlite::memory:").graph("graph-1"));
    app
}

fn append(app: &App, event_type: &str, payload: &str) {
    let mut transaction = Transaction::new("graph-1").unwrap();
    transaction.add_json(event_type, payload).unwrap();
    app.world().resource::<EventStreamService>().store.append(&transaction, Expected::Any).unwrap();
}

fn add_node(app: &App, id: &str) {
    append(app, "NodeCreated", &format!(r#"{{"node_id":"{id}","node_type":"T"}}"#));
}

fn update_until(app: &mut App, mut done: impl FnMut(&mut World) -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        app.update();
        if done(app.world_mut()) {
            return;
        }
        assert!(Instant::now() < end, "it does not come");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn update_until_nodes(app: &mut App, nodes: usize) {
    update_until(app, |world| world.resource::<GraphModel>().node_count() == nodes);
}

#[test]
fn ends_with_the_one_truth_out_of_its_components() {
    let mut app = app();
    let mut events = 0;
    for line in HISTORY.lines() {
        let (event_type, payload) = line.split_once(' ').unwrap();
        append(&app, event_type, payload);
        events += 1;
    }
    update_until(&mut app, |world| {
        world.resource_mut::<NatsSubscriptionManager>().bridge().statistics().unwrap().events == events
    });
    assert_eq!(state_cid(app.world_mut()).unwrap(), STATE.trim());
    let model = app.world_mut().resource_mut::<NatsSubscriptionManager>().bridge().state_cid().unwrap();
    assert_eq!(model, STATE.trim());
}

#[test]
fn follows_step_by_step_and_keeps_what_others_put_on_its_entities() {
    #[derive(Component)]
    struct Mine;
    let mut app = app();
    add_node(&app, "a");
    add_node(&app, "b");
    update_until_nodes(&mut app, 2);
    let a = app.world().resource::<GraphModel>().node("a").unwrap();
    app.world_mut().entity_mut(a).insert(Mine);
    append(&app, "NodeTransformed", r#"{"node_id":"a","operation":{"Translate":{"delta":[1,2,3]}}}"#);
    append(&app, "EdgeConnected", r#"{"edge_id":"e","source":"a","target":"b","edge_type":"refs"}"#);
    append(&app, "NodeTransformed", r#"{"node_id":"a","operation":{"Reparent":{"new_parent":"b"}}}"#);
    append(&app, "NodeTransformed", r#"{"node_id":"b","operation":{"Reparent":{"new_parent":"a"}}}"#); // a cycle
    update_until(&mut app, |world| world.resource::<Connection>().position == 6);
    let entity = app.world().entity(a);
    assert!(entity.contains::<Mine>());
    assert_eq!(entity.get::<Transform>().unwrap().translation.to_array(), [1.0, 2.0, 3.0]);
    assert_eq!(entity.get::<GraphNode>().unwrap().parent, app.world().resource::<GraphModel>().node("b"));
    let edge = app.world().resource::<GraphModel>().edge("e").unwrap();
    assert_eq!(app.world().get::<GraphEdge>(edge).unwrap().source, a);

    append(&app, "NodeRemoved", r#"{"node_id":"b"}"#);
    update_until_nodes(&mut app, 1);
    assert!(app.world().get_entity(edge).is_err());
    assert_eq!(app.world().resource::<GraphModel>().edge_count(), 0);
    assert_eq!(app.world().get::<GraphNode>(a).unwrap().parent, None);
}

#[derive(Resource, Default)]
struct Seen(Vec<(String, bool)>);

fn read(mut mutations: MessageReader<GraphMutationEvent>, mut seen: ResMut<Seen>) {
    for event in mutations.read() {
        let EventSource::Nats { subject, .. } = &event.source else { continue };
        assert!(event.transaction_id.is_some());
        seen.0.push((subject.to_string(), event.refused));
    }
}

#[test]
fn gives_each_mutation_as_a_message_and_to_consumers() {
    let mut app = app();
    app.init_resource::<Seen>().add_systems(Update, read);
    let consumer = app.world_mut().spawn(GraphEventConsumer::new_for_graph("graph-1")).id();
    let narrow = app.world_mut().spawn(SubjectConsumer::new(["event.store.*.NodeRemoved"]).with_capacity(1)).id();
    add_node(&app, "a");
    for _ in 0..2 {
        append(&app, "NodeRemoved", r#"{"node_id":"nobody"}"#);
    }
    update_until(&mut app, |world| world.resource::<Seen>().0.len() == 3);
    assert_eq!(app.world().resource::<Seen>().0[0], ("event.store.graph-1.NodeCreated".to_string(), false));
    assert!(app.world().resource::<Seen>().0[1].1, "nobody is unknown");
    let mut consumer = app.world_mut().get_mut::<GraphEventConsumer>(consumer).unwrap();
    assert_eq!(consumer.poll_events(2).len(), 2);
    assert_eq!(consumer.poll_events(10).len(), 1);
    assert_eq!((consumer.events_processed, consumer.last_global_sequence), (3, 3));
    let narrow = app.world().get::<SubjectConsumer>(narrow).unwrap();
    assert_eq!((narrow.pending(), narrow.dropped), (1, 1));
}

#[derive(Resource, Default)]
struct Results(Vec<Published>);

fn keep(mut published: MessageReader<Published>, mut results: ResMut<Results>) {
    results.0.extend(published.read().cloned());
}

#[test]
fn publishes_and_tells_what_became_of_it() {
    let mut app = app();
    app.init_resource::<Results>().add_systems(Update, keep);
    let publish = |key, event_type: &str, expected| Publish {
        key,
        aggregate: "graph-1".into(),
        events: vec![(event_type.into(), r#"{"node_id":"a","node_type":"T"}"#.into())],
        expected,
    };
    app.world_mut().write_message(publish(1, "NodeCreated", Expected::None));
    app.world_mut().write_message(publish(2, "NodeCreated", Expected::None));
    app.world_mut().write_message(publish(3, "not a token", Expected::Any));
    update_until(&mut app, |world| world.resource::<Results>().0.len() == 3);
    let results = &app.world().resource::<Results>().0;
    let of = |key| &results.iter().find(|published| published.key == key).unwrap().result;
    assert_eq!(of(1).as_ref().unwrap().head_sequence, 1);
    // The very same again would be no conflict; its time is another.
    assert_eq!(of(2).as_ref().unwrap_err().code, cim_sys::CIM_CONFLICT);
    assert_eq!(of(3).as_ref().unwrap_err().code, cim_sys::CIM_INVALID_TOKEN);
    update_until_nodes(&mut app, 1);
}

#[test]
fn replays_and_comes_back() {
    let mut app = app();
    for i in 0..5 {
        add_node(&app, &format!("n{i}"));
    }
    update_until_nodes(&mut app, 5);
    let replay = start_transaction_replay(&mut app.world_mut().commands(), 1.0);
    app.world_mut().flush();
    update_until(&mut app, |world| world.get::<TransactionReplay>(replay).unwrap().total_events == 5);
    app.world_mut().write_message(ControlReplay(ReplayControl::SeekBegin));
    app.world_mut().write_message(ControlReplay(ReplayControl::Step(3)));
    update_until_nodes(&mut app, 3);
    app.world_mut().write_message(ControlReplay(ReplayControl::Step(-1)));
    update_until_nodes(&mut app, 2);
    assert_eq!(app.world().get::<TransactionReplay>(replay).unwrap().state, ReplayState::Paused);
    add_node(&app, "live");
    app.world_mut().despawn(replay);
    update_until_nodes(&mut app, 6);
}

#[test]
fn survives_a_panic_in_a_system() {
    let mut app = app();
    app.add_systems(Update, |model: Res<GraphModel>| assert!(model.node_count() != 1, "on purpose"));
    add_node(&app, "a");
    let panicked = catch_unwind(AssertUnwindSafe(|| update_until_nodes(&mut app, 2)));
    assert!(panicked.is_err());
    drop(app); // closes bridge and store
}

#[test]
fn goes_on_without_a_store() {
    let mut app = App::new();
    app.add_plugins(CimPlugins::new("nothing://there").graph("graph-1"));
    app.init_resource::<Results>().add_systems(Update, keep);
    app.update();
    let connection = app.world().resource::<Connection>();
    assert_eq!(connection.state, ConnectionState::Failed);
    assert_eq!(connection.error.as_ref().unwrap().code, cim_sys::CIM_INVALID_ARGUMENT);
    let nothing = Publish { key: 9, aggregate: "a".into(), events: vec![], expected: Expected::Any };
    app.world_mut().write_message(nothing);
    app.update();
    app.update();
    assert_eq!(app.world().resource::<Results>().0.len(), 1);
}

#[test]
fn runs_systems_only_while_connected() {
    let mut app = app();
    app.init_resource::<Seen>()
        .add_systems(Update, (|mut seen: ResMut<Seen>| seen.0.push(Default::default())).run_if(is_connected));
    update_until(&mut app, |world| !world.resource::<Seen>().0.is_empty());
    assert_eq!(app.world().resource::<Connection>().state, ConnectionState::Connected);
}
