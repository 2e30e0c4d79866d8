//! The C ABI of cim as it stands in `cim/cim.h`, whose conventions hold here; `tests/header.rs` checks this file against it.
//!
//! The functions are unsafe; [`safe`] has the same without, and `bevy_cim` is what a Bevy app wants.
//!
//! ```
//! // A library of another ABI must not be used.
//! // SAFETY: it takes nothing and reads a constant.
//! assert_eq!(unsafe { cim_sys::cim_abi_version() }, cim_sys::CIM_ABI_VERSION);
//! ```
#![allow(non_camel_case_types)]
#![allow(missing_docs)] // cim.h has them

use core::ffi::{c_char, c_void};

pub mod safe;

pub const CIM_ABI_VERSION: u32 = 1;
pub const CIM_CID_TEXT_SIZE: usize = 64;
pub const CIM_NO_INDEX: u32 = u32::MAX;

pub type cim_code = i32;

pub const CIM_OK: cim_code = 0;
pub const CIM_INVALID_ARGUMENT: cim_code = 100;
pub const CIM_INVALID_TOKEN: cim_code = 101;
pub const CIM_INVALID_SUBJECT: cim_code = 102;
pub const CIM_INVALID_PATTERN: cim_code = 103;
pub const CIM_LIMIT_EXCEEDED: cim_code = 104;
pub const CIM_NOT_FOUND: cim_code = 105;
pub const CIM_INVALID_MAPPING: cim_code = 106;
pub const CIM_WRONG_THREAD: cim_code = 107;
pub const CIM_INVALID_DAG_CBOR: cim_code = 200;
pub const CIM_INVALID_DAG_JSON: cim_code = 201;
pub const CIM_INVALID_CID: cim_code = 202;
pub const CIM_INVALID_CAR: cim_code = 203;
pub const CIM_INVALID_EVENT_BLOCK: cim_code = 204;
pub const CIM_INVALID_INPUT: cim_code = 205;
pub const CIM_CID_MISMATCH: cim_code = 300;
pub const CIM_CHAIN_BROKEN: cim_code = 301;
pub const CIM_HEAD_MISMATCH: cim_code = 302;
pub const CIM_INCOMPLETE_TRANSACTION: cim_code = 303;
pub const CIM_CONFLICT: cim_code = 400;
pub const CIM_HISTORY_REWRITTEN: cim_code = 401;
pub const CIM_STORE_UNAVAILABLE: cim_code = 500;
pub const CIM_STORE_CORRUPT: cim_code = 501;
pub const CIM_STORE_FOREIGN: cim_code = 502;
pub const CIM_STORE_FULL: cim_code = 503;
pub const CIM_STORE_READ_ONLY: cim_code = 504;
pub const CIM_STORE_BUSY: cim_code = 505;
pub const CIM_IO_ERROR: cim_code = 506;
pub const CIM_TIMEOUT: cim_code = 507;
pub const CIM_OUTCOME_UNKNOWN: cim_code = 508;
pub const CIM_COMMAND_FAILED: cim_code = 509;
pub const CIM_CLOSED: cim_code = 510;
pub const CIM_UNSUPPORTED: cim_code = 511;
pub const CIM_OUT_OF_MEMORY: cim_code = 900;
pub const CIM_INTERNAL: cim_code = 901;

pub const CIM_OPEN_CREATE: u32 = 0;
pub const CIM_OPEN_READ_WRITE: u32 = 1;
pub const CIM_OPEN_READ_ONLY: u32 = 2;

pub const CIM_START_BEGINNING: u32 = 0;
pub const CIM_START_NOW: u32 = 1;
pub const CIM_START_AFTER: u32 = 2;

pub const CIM_HISTORY_ALL: u32 = 0;
pub const CIM_HISTORY_SNAPSHOT: u32 = 1;
pub const CIM_HISTORY_NONE: u32 = 2;

pub const CIM_SOURCE_NATS: u32 = 0;
pub const CIM_SOURCE_LOCAL: u32 = 1;
pub const CIM_SOURCE_REPLAY: u32 = 2;

pub const CIM_ADD_NODE: u32 = 0;
pub const CIM_UPDATE_NODE: u32 = 1;
pub const CIM_REMOVE_NODE: u32 = 2;
pub const CIM_ADD_EDGE: u32 = 3;
pub const CIM_UPDATE_EDGE: u32 = 4;
pub const CIM_REMOVE_EDGE: u32 = 5;
pub const CIM_TRANSFORM: u32 = 6;
pub const CIM_CREATE_SUBGRAPH: u32 = 7;
pub const CIM_ADD_TO_SUBGRAPH: u32 = 8;
pub const CIM_REMOVE_FROM_SUBGRAPH: u32 = 9;
pub const CIM_COLLAPSE_SUBGRAPH: u32 = 10;
pub const CIM_EXPAND_SUBGRAPH: u32 = 11;

pub const CIM_TARGET_NODE: u32 = 0;
pub const CIM_TARGET_NODES: u32 = 1;
pub const CIM_TARGET_SUBGRAPH: u32 = 2;

pub const CIM_TRANSLATE: u32 = 0;
pub const CIM_SCALE: u32 = 1;
pub const CIM_ROTATE: u32 = 2;
pub const CIM_REPARENT: u32 = 3;
pub const CIM_UPDATE_PROPERTIES: u32 = 4;

pub const CIM_OUTCOME_APPLIED: u32 = 0;
pub const CIM_OUTCOME_UNCHANGED: u32 = 1;
pub const CIM_OUTCOME_WAITING: u32 = 2;
pub const CIM_OUTCOME_UNKNOWN_NODE: u32 = 3;
pub const CIM_OUTCOME_UNKNOWN_EDGE: u32 = 4;
pub const CIM_OUTCOME_UNKNOWN_SUBGRAPH: u32 = 5;
pub const CIM_OUTCOME_ID_IN_USE: u32 = 6;
pub const CIM_OUTCOME_CYCLE: u32 = 7;
pub const CIM_OUTCOME_INVALID_NUMBER: u32 = 8;
pub const CIM_OUTCOME_TOO_MANY_WAITING: u32 = 9;
pub const CIM_OUTCOME_INVALID_VALUE: u32 = 10;

pub const CIM_REMOVED_NODES: u32 = 0;
pub const CIM_ADDED_NODES: u32 = 1;
pub const CIM_UPDATED_NODES: u32 = 2;
pub const CIM_REMOVED_EDGES: u32 = 3;
pub const CIM_ADDED_EDGES: u32 = 4;
pub const CIM_UPDATED_EDGES: u32 = 5;

pub const CIM_REQUEST_PUBLISH: u32 = 0;
pub const CIM_REQUEST_SNAPSHOT: u32 = 1;
pub const CIM_REQUEST_REPLAY: u32 = 2;

pub const CIM_CONNECTING: u32 = 0;
pub const CIM_CATCHING_UP: u32 = 1;
pub const CIM_CONNECTED: u32 = 2;
pub const CIM_LAGGING: u32 = 3;
pub const CIM_RECONNECTING: u32 = 4;
pub const CIM_FAILED: u32 = 5;
pub const CIM_STATE_CLOSED: u32 = 6;

pub const CIM_REPLAY_NONE: u32 = 0;
pub const CIM_REPLAY_LOADING: u32 = 1;
pub const CIM_REPLAY_PAUSED: u32 = 2;
pub const CIM_REPLAY_PLAYING: u32 = 3;
pub const CIM_REPLAY_FOLLOWING: u32 = 4;

#[repr(C)]
pub struct cim_store {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_transaction {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_slice {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_events {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_subscriptions {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_model {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_parts {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}
#[repr(C)]
pub struct cim_bridge {
    _opaque: [u8; 0],
    _not_send: core::marker::PhantomData<*mut c_void>,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_text {
    pub data: *const c_char,
    pub size: usize,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_bytes {
    pub data: *const u8,
    pub size: usize,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_cid {
    pub text: [c_char; CIM_CID_TEXT_SIZE],
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_error {
    pub struct_size: u32,
    pub code: cim_code,
    pub message: cim_text,
    pub advice: cim_text,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_store_info {
    pub struct_size: u32,
    pub read_only: u32,
    pub events: u64,
    pub transactions: u64,
    pub aggregates: u64,
    pub last_sequence: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_head {
    pub struct_size: u32,
    pub reserved: u32,
    pub sequence: u64,
    pub cid: cim_cid,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_verification {
    pub struct_size: u32,
    pub reserved: u32,
    pub events: u64,
    pub aggregates: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_receipt {
    pub struct_size: u32,
    pub already_present: u32,
    pub first_sequence: u64,
    pub last_sequence: u64,
    pub head_sequence: u64,
    pub head: cim_cid,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_event {
    pub struct_size: u32,
    pub transaction_index: u32,
    pub transaction_size: u32,
    pub reserved: u32,
    pub sequence: u64,
    pub aggregate_sequence: u64,
    pub timestamp: i64,
    pub aggregate: cim_text,
    pub event_type: cim_text,
    pub transaction_id: cim_text,
    pub payload: cim_bytes,
    pub block: cim_bytes,
    pub cid: cim_cid,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_slice_info {
    pub struct_size: u32,
    pub complete: u32,
    pub events: u64,
    pub last_sequence: u64,
    pub transaction_id: cim_text,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_fetch_options {
    pub struct_size: u32,
    pub timeout_ms: u32,
    pub max_events: u64,
    pub after_sequence: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_subscribe_options {
    pub struct_size: u32,
    pub start: u32,
    pub after_sequence: u64,
    pub buffer_events: u64,
    pub batch_events: u64,
    pub name: cim_text,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_transform {
    pub translation: [f32; 3],
    pub rotation: [f32; 4],
    pub scale: [f32; 3],
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_node {
    pub struct_size: u32,
    pub index: u32,
    pub parent: u32,
    pub reserved: u32,
    pub id: cim_text,
    pub r#type: cim_text,
    pub properties: cim_bytes,
    pub transform: cim_transform,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_edge {
    pub struct_size: u32,
    pub index: u32,
    pub source: u32,
    pub target: u32,
    pub id: cim_text,
    pub r#type: cim_text,
    pub properties: cim_bytes,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_subgraph {
    pub struct_size: u32,
    pub collapsed: u32,
    pub id: cim_text,
    pub label: cim_text,
    pub nodes: *const u32,
    pub node_count: usize,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_model_info {
    pub struct_size: u32,
    pub reserved: u32,
    pub nodes: u64,
    pub edges: u64,
    pub subgraphs: u64,
    pub waiting_edges: u64,
    pub memory_bytes: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_bridge_options {
    pub struct_size: u32,
    pub history: u32,
    pub graph: cim_text,
    pub subject: cim_text,
    pub mapping: cim_text,
    pub snapshot_name: cim_text,
    pub buffer_events: u64,
    pub max_pending_publishes: u64,
    pub max_replay_events: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_budget {
    pub struct_size: u32,
    pub max_time_us: u32,
    pub max_events: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_frame {
    pub struct_size: u32,
    pub rebuilt: u32,
    pub replaying: u32,
    pub more: u32,
    pub events: u64,
    pub transactions: u64,
    pub mutations: u64,
    pub outcomes: u64,
    pub added_nodes: u64,
    pub updated_nodes: u64,
    pub removed_nodes: u64,
    pub added_edges: u64,
    pub updated_edges: u64,
    pub removed_edges: u64,
    pub subgraphs_changed: u32,
    pub reserved: u32,
    pub model: *const cim_model,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_mutation {
    pub struct_size: u32,
    pub kind: u32,
    pub source: u32,
    pub outcome: u32,
    pub sequence: u64,
    pub transaction_id: cim_text,
    pub event_type: cim_text,
    pub aggregate: cim_text,
    pub id: cim_text,
    pub r#type: cim_text,
    pub edge_source: cim_text,
    pub edge_target: cim_text,
    pub properties: cim_bytes,
    pub target: u32,
    pub operation: u32,
    pub vector: [f32; 4],
    pub parent: cim_text,
    pub ids: *const cim_text,
    pub id_count: usize,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_outcome {
    pub struct_size: u32,
    pub kind: u32,
    pub id: u64,
    pub code: cim_code,
    pub already_present: u32,
    pub message: cim_text,
    pub first_sequence: u64,
    pub last_sequence: u64,
    pub head_sequence: u64,
    pub cid: cim_cid,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_status {
    pub struct_size: u32,
    pub state: u32,
    pub code: cim_code,
    pub snapshot_code: cim_code,
    pub message: cim_text,
    pub position: u64,
    pub lag: u64,
    pub buffered: u64,
    pub started_after: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_statistics {
    pub struct_size: u32,
    pub reserved: u32,
    pub frames: u64,
    pub rebuilt: u64,
    pub wrong_thread: u64,
    pub events: u64,
    pub transactions: u64,
    pub mutations: u64,
    pub repeated: u64,
    pub unknown_type: u64,
    pub problems: u64,
    pub replayed: u64,
    pub local: u64,
    pub publishes_done: u64,
    pub publishes_failed: u64,
    pub publishes_pending: u64,
    pub replay_events_left_out: u64,
    pub longest_pump_us: u64,
    pub high_water: u64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_replay_options {
    pub struct_size: u32,
    pub paused: u32,
    pub speed: f64,
    pub has_from: u32,
    pub has_until: u32,
    pub from: i64,
    pub until: i64,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct cim_replay_status {
    pub struct_size: u32,
    pub state: u32,
    pub position: i64,
    pub begin: i64,
    pub end: i64,
    pub speed: f64,
    pub event: u64,
    pub events: u64,
}

unsafe extern "C" {
    pub fn cim_abi_version() -> u32;
    pub fn cim_version() -> *const c_char;
    pub fn cim_code_name(code: cim_code) -> *const c_char;
    pub fn cim_last_error(error: *mut cim_error) -> cim_code;
    pub fn cim_last_error_field(name: cim_text, value: *mut cim_text) -> cim_code;
    pub fn cim_store_open(url: cim_text, mode: u32, store: *mut *mut cim_store) -> cim_code;
    pub fn cim_store_close(store: *mut *mut cim_store);
    pub fn cim_store_get_info(store: *mut cim_store, info: *mut cim_store_info) -> cim_code;
    pub fn cim_store_head(store: *mut cim_store, aggregate: cim_text, head: *mut cim_head) -> cim_code;
    pub fn cim_store_verify(store: *mut cim_store, aggregate: cim_text, result: *mut cim_verification) -> cim_code;
    pub fn cim_transaction_new(aggregate: cim_text, id: cim_text, transaction: *mut *mut cim_transaction) -> cim_code;
    pub fn cim_transaction_close(transaction: *mut *mut cim_transaction);
    pub fn cim_transaction_add(
        transaction: *mut cim_transaction,
        event_type: cim_text,
        payload: cim_bytes,
        timestamp: *const i64,
    ) -> cim_code;
    pub fn cim_transaction_add_json(
        transaction: *mut cim_transaction,
        event_type: cim_text,
        payload: cim_text,
        timestamp: *const i64,
    ) -> cim_code;
    pub fn cim_store_append(
        store: *mut cim_store,
        transaction: *const cim_transaction,
        expected: *const cim_text,
        receipt: *mut cim_receipt,
    ) -> cim_code;
    pub fn cim_slice_close(slice: *mut *mut cim_slice);
    pub fn cim_slice_get_info(slice: *const cim_slice, info: *mut cim_slice_info) -> cim_code;
    pub fn cim_slice_read(
        slice: *const cim_slice,
        first: usize,
        events: *mut cim_event,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_slice_payload_json(slice: *mut cim_slice, event: usize, json: *mut cim_text) -> cim_code;
    pub fn cim_events_open(store: *mut cim_store, events: *mut *mut cim_events) -> cim_code;
    pub fn cim_events_close(events: *mut *mut cim_events);
    pub fn cim_events_fetch(
        events: *mut cim_events,
        aggregate: cim_text,
        options: *const cim_fetch_options,
        slice: *mut *mut cim_slice,
    ) -> cim_code;
    pub fn cim_events_fetch_window(
        events: *mut cim_events,
        from: i64,
        until: i64,
        subject: cim_text,
        timeout_ms: u32,
        slice: *mut *mut cim_slice,
    ) -> cim_code;
    pub fn cim_subscriptions_open(store: *mut cim_store, subscriptions: *mut *mut cim_subscriptions) -> cim_code;
    pub fn cim_subscriptions_close(subscriptions: *mut *mut cim_subscriptions);
    pub fn cim_subscribe(
        subscriptions: *mut cim_subscriptions,
        subject: cim_text,
        options: *const cim_subscribe_options,
        id: *mut u64,
    ) -> cim_code;
    pub fn cim_unsubscribe(subscriptions: *mut cim_subscriptions, id: u64) -> cim_code;
    pub fn cim_subscription_poll(
        subscriptions: *mut cim_subscriptions,
        id: u64,
        timeout_ms: u32,
        slice: *mut *mut cim_slice,
    ) -> cim_code;
    pub fn cim_subscription_acknowledge(subscriptions: *mut cim_subscriptions, id: u64, position: u64) -> cim_code;
    pub fn cim_model_get_info(model: *const cim_model, info: *mut cim_model_info) -> cim_code;
    pub fn cim_model_find_node(model: *const cim_model, id: cim_text, index: *mut u32) -> cim_code;
    pub fn cim_model_find_edge(model: *const cim_model, id: cim_text, index: *mut u32) -> cim_code;
    pub fn cim_model_read_nodes(
        model: *const cim_model,
        indexes: *const u32,
        count: usize,
        nodes: *mut cim_node,
    ) -> cim_code;
    pub fn cim_model_read_edges(
        model: *const cim_model,
        indexes: *const u32,
        count: usize,
        edges: *mut cim_edge,
    ) -> cim_code;
    pub fn cim_model_nodes(
        model: *const cim_model,
        first: usize,
        indexes: *mut u32,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_model_edges(
        model: *const cim_model,
        first: usize,
        indexes: *mut u32,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_model_subgraphs(
        model: *const cim_model,
        first: usize,
        subgraphs: *mut cim_subgraph,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_model_state_cid(model: *const cim_model, cid: *mut cim_cid) -> cim_code;
    pub fn cim_parts_new(parts: *mut *mut cim_parts) -> cim_code;
    pub fn cim_parts_close(parts: *mut *mut cim_parts);
    pub fn cim_parts_add_node(
        parts: *mut cim_parts,
        id: cim_text,
        r#type: cim_text,
        parent: cim_text,
        transform: *const cim_transform,
        properties: cim_bytes,
    ) -> cim_code;
    pub fn cim_parts_add_edge(
        parts: *mut cim_parts,
        id: cim_text,
        r#type: cim_text,
        source: cim_text,
        target: cim_text,
        properties: cim_bytes,
    ) -> cim_code;
    pub fn cim_parts_add_subgraph(
        parts: *mut cim_parts,
        id: cim_text,
        label: cim_text,
        collapsed: u32,
        nodes: *const cim_text,
        count: usize,
    ) -> cim_code;
    pub fn cim_parts_state_cid(parts: *const cim_parts, cid: *mut cim_cid) -> cim_code;
    pub fn cim_bridge_open(
        store: *mut cim_store,
        options: *const cim_bridge_options,
        bridge: *mut *mut cim_bridge,
    ) -> cim_code;
    pub fn cim_bridge_close(bridge: *mut *mut cim_bridge);
    pub fn cim_bridge_bind_thread(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_pump(bridge: *mut cim_bridge, budget: *const cim_budget, frame: *mut cim_frame) -> cim_code;
    pub fn cim_bridge_mutations(
        bridge: *mut cim_bridge,
        mutations: *mut cim_mutation,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_bridge_changes(
        bridge: *mut cim_bridge,
        kind: u32,
        indexes: *mut u32,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_bridge_outcomes(
        bridge: *mut cim_bridge,
        outcomes: *mut cim_outcome,
        capacity: usize,
        count: *mut usize,
    ) -> cim_code;
    pub fn cim_bridge_publish(
        bridge: *mut cim_bridge,
        transaction: *const cim_transaction,
        expected: *const cim_text,
        id: *mut u64,
    ) -> cim_code;
    pub fn cim_bridge_apply_local(bridge: *mut cim_bridge, mutation: *const cim_mutation) -> cim_code;
    pub fn cim_bridge_resync(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_save_snapshot(bridge: *mut cim_bridge, id: *mut u64) -> cim_code;
    pub fn cim_bridge_model(bridge: *mut cim_bridge, model: *mut *const cim_model) -> cim_code;
    pub fn cim_bridge_live_model(bridge: *mut cim_bridge, model: *mut *const cim_model) -> cim_code;
    pub fn cim_bridge_status(bridge: *mut cim_bridge, status: *mut cim_status) -> cim_code;
    pub fn cim_bridge_statistics(bridge: *mut cim_bridge, statistics: *mut cim_statistics) -> cim_code;
    pub fn cim_bridge_replay_slice(
        bridge: *mut cim_bridge,
        slice: *const cim_slice,
        options: *const cim_replay_options,
    ) -> cim_code;
    pub fn cim_bridge_replay_start(
        bridge: *mut cim_bridge,
        options: *const cim_replay_options,
        id: *mut u64,
    ) -> cim_code;
    pub fn cim_bridge_replay_end(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_play(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_pause(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_set_speed(bridge: *mut cim_bridge, speed: f64) -> cim_code;
    pub fn cim_bridge_replay_seek_time(bridge: *mut cim_bridge, time: i64) -> cim_code;
    pub fn cim_bridge_replay_seek_sequence(bridge: *mut cim_bridge, sequence: u64) -> cim_code;
    pub fn cim_bridge_replay_seek_transaction(bridge: *mut cim_bridge, transaction: cim_text) -> cim_code;
    pub fn cim_bridge_replay_seek_begin(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_seek_end(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_step(bridge: *mut cim_bridge, transactions: i64) -> cim_code;
    pub fn cim_bridge_replay_loop(bridge: *mut cim_bridge, from: i64, to: i64) -> cim_code;
    pub fn cim_bridge_replay_clear_loop(bridge: *mut cim_bridge) -> cim_code;
    pub fn cim_bridge_replay_follow_live(bridge: *mut cim_bridge, on: u32) -> cim_code;
    pub fn cim_bridge_replay_status(bridge: *mut cim_bridge, status: *mut cim_replay_status) -> cim_code;
}

/// A struct that may grow, with its size filled in and everything else 0, which is its default.
///
/// # Safety
/// Only for the structs above that begin with `struct_size`, of which all bytes 0 is a valid value.
pub unsafe fn sized<S: Copy>() -> S {
    let mut value = core::mem::MaybeUninit::<S>::zeroed();
    // SAFETY: the caller promises a struct that begins with a u32 and may be all 0.
    unsafe {
        value.as_mut_ptr().cast::<u32>().write(core::mem::size_of::<S>() as u32);
        value.assume_init()
    }
}
