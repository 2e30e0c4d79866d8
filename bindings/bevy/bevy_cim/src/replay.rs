use crate::CimSystems;
use crate::receive::NatsSubscriptionManager;
use bevy_app::{App, Plugin, PostUpdate, PreUpdate};
use bevy_ecs::prelude::*;
use cim_sys::safe::ReplayControl;
use cim_sys::*;

/// An entity with this shows a replay of the graph's history instead of the live graph, until it is despawned. One at a
/// time: a newer one takes its place. It is filled in each frame.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct TransactionReplay {
    /// Seconds of recorded time a second; negative plays backwards.
    pub replay_speed: f64,
    /// How many events are in the graph.
    pub current_event: u64,
    /// 0 until they are loaded.
    pub total_events: u64,
    /// Playback time, microseconds since 1970.
    pub position: i64,
    /// What it is doing.
    pub state: ReplayState,
}

/// What a replay is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ReplayState {
    #[default]
    None,
    Loading,
    Paused,
    Playing,
    Following,
}

/// A control, as a message; without a replay it does nothing.
#[derive(Message, Clone, Copy, Debug, PartialEq)]
pub struct ControlReplay(pub ReplayControl);

impl TransactionReplay {
    /// From the beginning, at that speed.
    pub fn new(replay_speed: f64) -> Self {
        Self { replay_speed, current_event: 0, total_events: 0, position: 0, state: ReplayState::Loading }
    }
}

/// Shows the graph's history from its beginning; despawn the entity to end it.
pub fn start_transaction_replay(commands: &mut Commands, replay_speed: f64) -> Entity {
    commands.spawn(TransactionReplay::new(replay_speed)).id()
}

/// Replays: [`TransactionReplay`] starts and ends them, [`ControlReplay`] messages steer them.
pub struct ReplayPlugin;

impl Plugin for ReplayPlugin {
    fn build(&self, app: &mut App) {
        app.add_message::<ControlReplay>()
            .add_systems(PreUpdate, replay_transaction_system.before(CimSystems::Receive))
            .add_systems(PostUpdate, show.in_set(CimSystems::Send));
    }
}

/// Starts what was added, ends what was removed, and does what was asked.
pub fn replay_transaction_system(
    manager: Option<ResMut<NatsSubscriptionManager>>,
    added: Query<&TransactionReplay, Added<TransactionReplay>>,
    all: Query<&TransactionReplay>,
    mut removed: RemovedComponents<TransactionReplay>,
    mut controls: MessageReader<ControlReplay>,
) {
    let Some(mut manager) = manager else { return };
    let bridge = manager.bridge();
    if removed.read().count() > 0 && all.is_empty() {
        let _ = bridge.replay(ReplayControl::End); // ending nothing is no error
    }
    for replay in &added {
        let _ = bridge.replay_start(replay.replay_speed, false); // a speed that cannot be shows as state None
    }
    for control in controls.read() {
        let _ = bridge.replay(control.0); // what cannot be done is seen in the component
    }
}

fn show(manager: Option<ResMut<NatsSubscriptionManager>>, mut replays: Query<&mut TransactionReplay>) {
    if replays.is_empty() {
        return;
    }
    let Some(mut manager) = manager else { return };
    let Ok(status) = manager.bridge().replay_status() else { return };
    for mut replay in &mut replays {
        replay.current_event = status.event;
        replay.total_events = status.events;
        replay.position = status.position;
        replay.state = match status.state {
            CIM_REPLAY_LOADING => ReplayState::Loading,
            CIM_REPLAY_PAUSED => ReplayState::Paused,
            CIM_REPLAY_PLAYING => ReplayState::Playing,
            CIM_REPLAY_FOLLOWING => ReplayState::Following,
            _ => ReplayState::None,
        };
    }
}
