use crate::CimSystems;
use crate::mutation::{EventSource, GraphMutationEvent};
use bevy_app::{App, Plugin, PreUpdate};
use bevy_ecs::prelude::*;
use std::collections::VecDeque;

/// True if the pattern takes the subject: `*` stands for one token, a last `>` for one or more.
///
/// ```
/// assert!(bevy_cim::matches("event.store.*.NodeCreated", "event.store.graph-1.NodeCreated"));
/// assert!(!bevy_cim::matches("event.store.>", "event.store"));
/// ```
pub fn matches(pattern: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    let mut parts = pattern.split('.').peekable();
    while let Some(part) = parts.next() {
        let Some(token) = tokens.next() else { return false };
        if part == ">" && parts.peek().is_none() {
            return true;
        }
        if part != "*" && part != token {
            return false;
        }
    }
    tokens.next().is_none()
}

/// Keeps the live mutations whose subjects match, in the order of the log, until they are polled. Unlike messages they are
/// not lost after two frames; when `capacity` is reached the newest are dropped, and counted.
#[derive(Component, Clone, Debug)]
pub struct SubjectConsumer {
    patterns: Vec<String>,
    capacity: usize,
    waiting: VecDeque<GraphMutationEvent>,
    /// Mutations that came while it was full.
    pub dropped: u64,
}

impl SubjectConsumer {
    /// Of these subjects; each mutation once, however many patterns match.
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        Self { patterns, capacity: 10_000, waiting: VecDeque::new(), dropped: 0 }
    }
    /// Most that wait.
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }
    /// What came since the last call, at most `max`.
    pub fn poll_events(&mut self, max: usize) -> Vec<GraphMutationEvent> {
        self.waiting.drain(..max.min(self.waiting.len())).collect()
    }
    /// How many wait.
    pub fn pending(&self) -> usize {
        self.waiting.len()
    }
}

/// A consumer of one graph, with counters.
#[derive(Component, Clone, Debug)]
pub struct GraphEventConsumer {
    /// Where its events wait.
    pub subject_consumer: SubjectConsumer,
    /// Of the last event polled.
    pub last_global_sequence: u64,
    /// Polled.
    pub events_processed: u64,
}

impl GraphEventConsumer {
    /// All of that graph.
    pub fn new_for_graph(graph: &str) -> Self {
        let subject_consumer = SubjectConsumer::new([format!("event.store.{graph}.>")]);
        Self { subject_consumer, last_global_sequence: 0, events_processed: 0 }
    }
    /// As [`SubjectConsumer::poll_events`], and counts.
    pub fn poll_events(&mut self, max: usize) -> Vec<GraphMutationEvent> {
        let events = self.subject_consumer.poll_events(max);
        self.events_processed += events.len() as u64;
        if let Some(EventSource::Nats { sequence, .. }) = events.last().map(|event| &event.source) {
            self.last_global_sequence = *sequence;
        }
        events
    }
}

/// Feeds [`SubjectConsumer`]s and [`GraphEventConsumer`]s.
pub struct SubjectRouterPlugin;

impl Plugin for SubjectRouterPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(PreUpdate, route.after(CimSystems::Receive));
    }
}

fn route(
    mut mutations: MessageReader<GraphMutationEvent>,
    mut consumers: Query<&mut SubjectConsumer>,
    mut graphs: Query<&mut GraphEventConsumer>,
) {
    if consumers.is_empty() && graphs.is_empty() {
        mutations.clear();
        return;
    }
    for event in mutations.read() {
        let EventSource::Nats { subject, .. } = &event.source else { continue };
        let all = consumers.iter_mut().map(Mut::into_inner);
        for consumer in all.chain(graphs.iter_mut().map(|graph| &mut graph.into_inner().subject_consumer)) {
            if !consumer.patterns.iter().any(|pattern| matches(pattern, subject)) {
                continue;
            }
            if consumer.waiting.len() < consumer.capacity {
                consumer.waiting.push_back(event.clone());
            } else {
                consumer.dropped += 1;
            }
        }
    }
}
