//! The same without `unsafe`: handles that close themselves, errors as values, and frames whose slices cannot outlive them.
//!
//! ```
//! use cim_sys::safe::{Bridge, BridgeOptions, Budget, Expected, Store, Transaction};
//!
//! let store = Store::open("sqlite::memory:")?;
//! let mut transaction = Transaction::new("graph-123")?;
//! transaction.add_json("NodeCreated", r#"{"node_id":"n1","node_type":"Goal"}"#)?;
//! store.append(&transaction, Expected::Any)?;
//!
//! let mut bridge = Bridge::open(&store, &BridgeOptions { graph: "graph-123", ..Default::default() })?;
//! while bridge.model_info()?.nodes == 0 {
//!     bridge.pump(Budget::default())?;
//! }
//! # Ok::<(), cim_sys::safe::Error>(())
//! ```

use crate::*;
use core::marker::PhantomData;
use core::ptr;
use std::sync::Arc;

/// What went wrong: a code as in cim.h, a message with the values in it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// `CIM_...`
    pub code: cim_code,
    /// One sentence.
    pub message: String,
    /// May be empty.
    pub advice: String,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.advice.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{} ({})", self.message, self.advice)
        }
    }
}
impl std::error::Error for Error {}

/// What every fallible function gives.
pub type Result<T = ()> = core::result::Result<T, Error>;

fn check(code: cim_code) -> Result {
    if code == CIM_OK {
        return Ok(());
    }
    // SAFETY: the struct is ours and has its size.
    let error = unsafe {
        let mut error: cim_error = sized();
        cim_last_error(&mut error);
        error
    };
    Err(Error { code, message: owned(error.message), advice: owned(error.advice) })
}

fn text(from: &str) -> cim_text {
    cim_text { data: from.as_ptr().cast(), size: from.len() }
}
fn bytes(from: &[u8]) -> cim_bytes {
    cim_bytes { data: from.as_ptr(), size: from.len() }
}
/// Of what the library gave, as long as `'a`, which each caller ties to what owns it.
fn borrowed_bytes<'a>(from: cim_bytes) -> &'a [u8] {
    if from.size == 0 {
        return &[];
    }
    // SAFETY: the library gives pointers to `size` bytes, valid as long as its owner, to which callers tie `'a`.
    unsafe { core::slice::from_raw_parts(from.data, from.size) }
}
fn borrowed<'a>(from: cim_text) -> &'a str {
    // Ids and types are UTF-8: the library refuses events with others.
    core::str::from_utf8(borrowed_bytes(cim_bytes { data: from.data.cast(), size: from.size })).unwrap_or("\u{fffd}")
}
fn owned(from: cim_text) -> String {
    String::from_utf8_lossy(borrowed_bytes(cim_bytes { data: from.data.cast(), size: from.size })).into_owned()
}
fn cid_text(from: &cim_cid) -> String {
    from.text.iter().take_while(|&&c| c != 0).map(|&c| char::from(c as u8)).collect()
}

struct StoreHandle(*mut cim_store);
// SAFETY: convention 7: a store may be used by several threads at once.
unsafe impl Send for StoreHandle {}
// SAFETY: as above.
unsafe impl Sync for StoreHandle {}
impl Drop for StoreHandle {
    fn drop(&mut self) {
        // SAFETY: opened by us, closed once, and whatever uses it holds the Arc.
        unsafe { cim_store_close(&mut self.0) }
    }
}

/// A log. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<StoreHandle>);

/// Where an append landed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// In the log.
    pub first_sequence: u64,
    /// In the log.
    pub last_sequence: u64,
    /// Of the aggregate.
    pub head_sequence: u64,
    /// CID of the last event.
    pub head: String,
    /// A repeated append: nothing was added.
    pub already_present: bool,
}

/// Onto which head an append may land.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    #[default]
    Any,
    /// The aggregate must not exist.
    None,
    /// The event with this CID.
    At(String),
}
impl Expected {
    fn with<R>(&self, call: impl FnOnce(*const cim_text) -> R) -> R {
        let cid = match self {
            Expected::Any => return call(ptr::null()),
            Expected::None => "",
            Expected::At(cid) => cid,
        };
        call(&text(cid))
    }
}

impl Store {
    /// By URL: `sqlite:history.db`, `sqlite::memory:`, `nats://host/stream`.
    pub fn open(url: &str) -> Result<Store> {
        // SAFETY: the version is a constant; the text is read during the call; the handle is ours.
        unsafe {
            if cim_abi_version() != CIM_ABI_VERSION {
                return Err(Error {
                    code: CIM_UNSUPPORTED,
                    message: format!("libcim_c has ABI {}, and this program ABI {CIM_ABI_VERSION}", cim_abi_version()),
                    advice: "install the library of this version".into(),
                });
            }
            let mut store = ptr::null_mut();
            check(cim_store_open(text(url), CIM_OPEN_CREATE, &mut store))?;
            Ok(Store(Arc::new(StoreHandle(store))))
        }
    }

    /// All or nothing, and durable on success.
    pub fn append(&self, transaction: &Transaction, expected: Expected) -> Result<Receipt> {
        // SAFETY: both handles are open; the struct has its size.
        unsafe {
            let mut receipt: cim_receipt = sized();
            check(expected.with(|head| cim_store_append(self.0.0, transaction.0, head, &mut receipt)))?;
            Ok(Receipt {
                first_sequence: receipt.first_sequence,
                last_sequence: receipt.last_sequence,
                head_sequence: receipt.head_sequence,
                head: cid_text(&receipt.head),
                already_present: receipt.already_present != 0,
            })
        }
    }

    /// Checks every CID and link, of one aggregate or, with `""`, of all. Gives the number of events.
    pub fn verify(&self, aggregate: &str) -> Result<u64> {
        // SAFETY: the handle is open; the struct has its size.
        unsafe {
            let mut result: cim_verification = sized();
            check(cim_store_verify(self.0.0, text(aggregate), &mut result))?;
            Ok(result.events)
        }
    }
}

/// Events to be recorded together, of one aggregate.
pub struct Transaction(*mut cim_transaction);
// SAFETY: convention 7: for one thread at a time; shared references only read it.
unsafe impl Send for Transaction {}
// SAFETY: as above.
unsafe impl Sync for Transaction {}
impl Drop for Transaction {
    fn drop(&mut self) {
        // SAFETY: made by us, closed once.
        unsafe { cim_transaction_close(&mut self.0) }
    }
}
impl Transaction {
    /// Without events. Named after its first event when it is appended.
    pub fn new(aggregate: &str) -> Result<Transaction> {
        let mut transaction = ptr::null_mut();
        // SAFETY: the texts are read during the call.
        check(unsafe { cim_transaction_new(text(aggregate), text(""), &mut transaction) })?;
        Ok(Transaction(transaction))
    }
    /// An event whose payload is DAG-JSON, at the time of the append.
    pub fn add_json(&mut self, event_type: &str, payload: &str) -> Result {
        // SAFETY: the handle is open, the texts are read during the call.
        check(unsafe { cim_transaction_add_json(self.0, text(event_type), text(payload), ptr::null()) })
    }
    /// The same at a time: microseconds since 1970.
    pub fn add_json_at(&mut self, event_type: &str, payload: &str, timestamp: i64) -> Result {
        // SAFETY: the handle is open, texts and number are read during the call.
        check(unsafe { cim_transaction_add_json(self.0, text(event_type), text(payload), &timestamp) })
    }
}

/// What a graph is made of before live events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum History {
    /// Every event from the first on.
    #[default]
    All = CIM_HISTORY_ALL,
    /// The saved snapshot and what came after it.
    Snapshot = CIM_HISTORY_SNAPSHOT,
    /// Nothing.
    None = CIM_HISTORY_NONE,
}

/// As `cim_bridge_options`; empty texts and 0 are the defaults.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct BridgeOptions<'a> {
    pub graph: &'a str,
    pub subject: &'a str,
    pub mapping: &'a str,
    pub history: History,
    pub buffer_events: u64,
}

/// As `cim_budget`; 0 is the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// One whole transaction at least.
    pub max_events: u64,
    /// Microseconds.
    pub max_time_us: u32,
}

/// One node, as long as the frame.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Node<'f> {
    pub index: u32,
    pub parent: Option<u32>,
    pub id: &'f str,
    pub node_type: &'f str,
    pub properties: &'f [u8],
    pub transform: cim_transform,
}

/// One edge, as long as the frame.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Edge<'f> {
    pub index: u32,
    pub source: u32,
    pub target: u32,
    pub id: &'f str,
    pub edge_type: &'f str,
    pub properties: &'f [u8],
}

/// One subgraph.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Subgraph {
    pub id: String,
    pub label: String,
    pub collapsed: bool,
    pub nodes: Vec<u32>,
}

/// One change of the graph, as long as the frame; which fields have a meaning is said by `raw.kind`.
#[derive(Clone, Copy, Debug)]
pub struct Mutation<'f> {
    /// Numbers; its pointers are read by the methods.
    pub raw: cim_mutation,
    frame: PhantomData<&'f ()>,
}
#[allow(missing_docs)]
impl<'f> Mutation<'f> {
    pub fn id(&self) -> &'f str {
        borrowed(self.raw.id)
    }
    pub fn type_or_label(&self) -> &'f str {
        borrowed(self.raw.r#type)
    }
    pub fn edge_source(&self) -> &'f str {
        borrowed(self.raw.edge_source)
    }
    pub fn edge_target(&self) -> &'f str {
        borrowed(self.raw.edge_target)
    }
    pub fn parent(&self) -> &'f str {
        borrowed(self.raw.parent)
    }
    pub fn transaction_id(&self) -> &'f str {
        borrowed(self.raw.transaction_id)
    }
    pub fn event_type(&self) -> &'f str {
        borrowed(self.raw.event_type)
    }
    pub fn aggregate(&self) -> &'f str {
        borrowed(self.raw.aggregate)
    }
    pub fn properties(&self) -> &'f [u8] {
        borrowed_bytes(self.raw.properties)
    }
    /// Copied: the list is valid only until the next mutations are read.
    pub fn ids(&self) -> Vec<String> {
        if self.raw.id_count == 0 {
            return Vec::new();
        }
        // SAFETY: the library gives id_count texts; Frame::mutations calls us before it reads the next ones.
        let ids = unsafe { core::slice::from_raw_parts(self.raw.ids, self.raw.id_count) };
        ids.iter().map(|&id| owned(id)).collect()
    }
}

/// What became of a publish, a snapshot or the loading of a replay.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// As the request gave it.
    pub id: u64,
    /// `CIM_REQUEST_...`
    pub kind: u32,
    /// Where it landed, or the state of a snapshot as `head`.
    pub result: Result<Receipt>,
}

/// What one pump brought. Nothing in it outlives it, and nothing else can be done with the bridge meanwhile.
pub struct Frame<'f> {
    /// Counts and flags.
    pub info: cim_frame,
    bridge: *mut cim_bridge,
    borrow: PhantomData<&'f mut Bridge>,
}

/// Elements that are read from the library at once.
const CHUNK: usize = 1024;

impl Frame<'_> {
    /// Calls with each mutation, in order.
    pub fn mutations(&mut self, mut each: impl FnMut(&Mutation<'_>)) -> Result {
        // SAFETY: a struct of plain numbers and pointers; the first has its size.
        let mut chunk = vec![unsafe { sized::<cim_mutation>() }; CHUNK.min(self.info.mutations as usize)];
        loop {
            let mut count = 0;
            // SAFETY: the array has that capacity, and the frame borrows the bridge.
            check(unsafe { cim_bridge_mutations(self.bridge, chunk.as_mut_ptr(), chunk.len(), &mut count) })?;
            chunk[..count].iter().for_each(|&raw| each(&Mutation { raw, frame: PhantomData }));
            if count == 0 {
                return Ok(());
            }
        }
    }

    /// Indexes of the elements with that change, `CIM_ADDED_NODES` and its kin. Given once.
    pub fn changes(&mut self, kind: u32) -> Result<Vec<u32>> {
        let all = match kind {
            CIM_REMOVED_NODES => self.info.removed_nodes,
            CIM_ADDED_NODES => self.info.added_nodes,
            CIM_UPDATED_NODES => self.info.updated_nodes,
            CIM_REMOVED_EDGES => self.info.removed_edges,
            CIM_ADDED_EDGES => self.info.added_edges,
            _ => self.info.updated_edges,
        };
        let mut indexes = vec![0; all as usize];
        let mut count = 0;
        // SAFETY: the array has that capacity.
        check(unsafe { cim_bridge_changes(self.bridge, kind, indexes.as_mut_ptr(), indexes.len(), &mut count) })?;
        indexes.truncate(count);
        Ok(indexes)
    }

    /// Outcomes of what was asked for before.
    pub fn outcomes(&mut self) -> Result<Vec<Outcome>> {
        // SAFETY: plain numbers and pointers; the first has its size.
        let mut all = vec![unsafe { sized::<cim_outcome>() }; self.info.outcomes as usize];
        let mut count = 0;
        // SAFETY: the array has that capacity.
        check(unsafe { cim_bridge_outcomes(self.bridge, all.as_mut_ptr(), all.len(), &mut count) })?;
        Ok(all[..count].iter().map(outcome).collect())
    }

    /// Indexes of all nodes.
    pub fn all_nodes(&self) -> Result<Vec<u32>> {
        self.all(cim_model_nodes)
    }
    /// Indexes of all edges.
    pub fn all_edges(&self) -> Result<Vec<u32>> {
        self.all(cim_model_edges)
    }
    fn all(
        &self,
        list: unsafe extern "C" fn(*const cim_model, usize, *mut u32, usize, *mut usize) -> cim_code,
    ) -> Result<Vec<u32>> {
        // SAFETY: the model is as old as the frame, and the arrays have their capacities.
        unsafe {
            let mut info: cim_model_info = sized();
            check(cim_model_get_info(self.info.model, &mut info))?;
            let mut indexes = vec![0; info.nodes.max(info.edges) as usize];
            let mut count = 0;
            check(list(self.info.model, 0, indexes.as_mut_ptr(), indexes.len(), &mut count))?;
            indexes.truncate(count);
            Ok(indexes)
        }
    }

    /// Calls with each of these nodes.
    pub fn nodes(&self, indexes: &[u32], mut each: impl FnMut(Node<'_>)) -> Result {
        for part in indexes.chunks(CHUNK) {
            // SAFETY: plain numbers and pointers; the arrays are equally long.
            let mut nodes = vec![unsafe { sized::<cim_node>() }; part.len()];
            // SAFETY: as above, and the model is as old as the frame.
            check(unsafe { cim_model_read_nodes(self.info.model, part.as_ptr(), part.len(), nodes.as_mut_ptr()) })?;
            for node in &nodes {
                each(Node {
                    index: node.index,
                    parent: (node.parent != CIM_NO_INDEX).then_some(node.parent),
                    id: borrowed(node.id),
                    node_type: borrowed(node.r#type),
                    properties: borrowed_bytes(node.properties),
                    transform: node.transform,
                });
            }
        }
        Ok(())
    }

    /// Calls with each of these edges.
    pub fn edges(&self, indexes: &[u32], mut each: impl FnMut(Edge<'_>)) -> Result {
        for part in indexes.chunks(CHUNK) {
            // SAFETY: plain numbers and pointers; the arrays are equally long.
            let mut edges = vec![unsafe { sized::<cim_edge>() }; part.len()];
            // SAFETY: as above, and the model is as old as the frame.
            check(unsafe { cim_model_read_edges(self.info.model, part.as_ptr(), part.len(), edges.as_mut_ptr()) })?;
            for edge in &edges {
                each(Edge {
                    index: edge.index,
                    source: edge.source,
                    target: edge.target,
                    id: borrowed(edge.id),
                    edge_type: borrowed(edge.r#type),
                    properties: borrowed_bytes(edge.properties),
                });
            }
        }
        Ok(())
    }

    /// All subgraphs, by id.
    pub fn subgraphs(&self) -> Result<Vec<Subgraph>> {
        // SAFETY: the model is as old as the frame; arrays have their capacities; texts and lists are copied at once.
        unsafe {
            let mut info: cim_model_info = sized();
            check(cim_model_get_info(self.info.model, &mut info))?;
            let mut all = vec![sized::<cim_subgraph>(); info.subgraphs as usize];
            let mut count = 0;
            check(cim_model_subgraphs(self.info.model, 0, all.as_mut_ptr(), all.len(), &mut count))?;
            let copied = all[..count].iter().map(|from| Subgraph {
                id: owned(from.id),
                label: owned(from.label),
                collapsed: from.collapsed != 0,
                nodes: if from.node_count == 0 {
                    Vec::new()
                } else {
                    core::slice::from_raw_parts(from.nodes, from.node_count).to_vec()
                },
            });
            Ok(copied.collect())
        }
    }
}

fn outcome(from: &cim_outcome) -> Outcome {
    let result = if from.code == CIM_OK {
        Ok(Receipt {
            first_sequence: from.first_sequence,
            last_sequence: from.last_sequence,
            head_sequence: from.head_sequence,
            head: cid_text(&from.cid),
            already_present: from.already_present != 0,
        })
    } else {
        Err(Error { code: from.code, message: owned(from.message), advice: String::new() })
    };
    Outcome { id: from.id, kind: from.kind, result }
}

/// A live graph in a frame loop. It may be sent to another thread, and belongs to whoever holds it: each call makes the
/// calling thread its owner, which `&mut` makes sure is alone.
pub struct Bridge {
    handle: *mut cim_bridge,
    _store: Store, // closed after the bridge
}
// SAFETY: every method takes &mut self and binds the thread first.
unsafe impl Send for Bridge {}
impl Drop for Bridge {
    fn drop(&mut self) {
        // SAFETY: opened by us, closed once; from any thread.
        unsafe { cim_bridge_close(&mut self.handle) }
    }
}

impl Bridge {
    /// May take its time where there is a snapshot to load.
    pub fn open(store: &Store, options: &BridgeOptions<'_>) -> Result<Bridge> {
        let mut handle = ptr::null_mut();
        // SAFETY: the struct has its size, its texts are read during the call.
        unsafe {
            let mut raw: cim_bridge_options = sized();
            raw.graph = text(options.graph);
            raw.subject = text(options.subject);
            raw.mapping = text(options.mapping);
            raw.history = options.history as u32;
            raw.buffer_events = options.buffer_events;
            check(cim_bridge_open(store.0.0, &raw, &mut handle))?;
        }
        Ok(Bridge { handle, _store: store.clone() })
    }

    fn bound(&mut self) -> Result<*mut cim_bridge> {
        // SAFETY: the handle is open, and &mut self says that no other thread is in a call.
        check(unsafe { cim_bridge_bind_thread(self.handle) })?;
        Ok(self.handle)
    }

    /// Applies what is there as far as the budget goes, and never waits.
    pub fn pump(&mut self, budget: Budget) -> Result<Frame<'_>> {
        let bridge = self.bound()?;
        // SAFETY: the handle is open, the structs have their sizes.
        unsafe {
            let mut raw: cim_budget = sized();
            raw.max_events = budget.max_events;
            raw.max_time_us = budget.max_time_us;
            let mut info: cim_frame = sized();
            check(cim_bridge_pump(bridge, &raw, &mut info))?;
            Ok(Frame { info, bridge, borrow: PhantomData })
        }
    }

    /// Queues it; its outcome is in a later frame under the id that is given.
    pub fn publish(&mut self, transaction: &Transaction, expected: &Expected) -> Result<u64> {
        let bridge = self.bound()?;
        let mut id = 0;
        // SAFETY: both handles are open.
        check(expected.with(|head| unsafe { cim_bridge_publish(bridge, transaction.0, head, &mut id) }))?;
        Ok(id)
    }

    /// Saves the graph for `History::Snapshot`; the outcome is in a later frame.
    pub fn save_snapshot(&mut self) -> Result<u64> {
        let bridge = self.bound()?;
        let mut id = 0;
        // SAFETY: the handle is open.
        check(unsafe { cim_bridge_save_snapshot(bridge, &mut id) })?;
        Ok(id)
    }

    /// (state, message): `CIM_CONNECTING` and its kin, and why.
    pub fn status(&mut self) -> Result<(cim_status, String)> {
        let bridge = self.bound()?;
        // SAFETY: the struct has its size.
        unsafe {
            let mut status: cim_status = sized();
            check(cim_bridge_status(bridge, &mut status))?;
            let message = owned(status.message);
            Ok((status, message))
        }
    }
    /// Counters since it was opened.
    pub fn statistics(&mut self) -> Result<cim_statistics> {
        let bridge = self.bound()?;
        // SAFETY: the struct has its size.
        unsafe {
            let mut statistics: cim_statistics = sized();
            check(cim_bridge_statistics(bridge, &mut statistics))?;
            Ok(statistics)
        }
    }
    /// Of the graph that is shown.
    pub fn model_info(&mut self) -> Result<cim_model_info> {
        let bridge = self.bound()?;
        // SAFETY: the model is used at once; the struct has its size.
        unsafe {
            let mut model = ptr::null();
            let mut info: cim_model_info = sized();
            check(cim_bridge_model(bridge, &mut model))?;
            check(cim_model_get_info(model, &mut info))?;
            Ok(info)
        }
    }
    /// The state CID of the graph that is shown.
    pub fn state_cid(&mut self) -> Result<String> {
        let bridge = self.bound()?;
        let mut cid = cim_cid { text: [0; CIM_CID_TEXT_SIZE] };
        // SAFETY: the model is used at once.
        unsafe {
            let mut model = ptr::null();
            check(cim_bridge_model(bridge, &mut model))?;
            check(cim_model_state_cid(model, &mut cid))?;
        }
        Ok(cid_text(&cid))
    }

    /// Fetches its own events in the background, then shows them; the outcome is in a later frame.
    pub fn replay_start(&mut self, speed: f64, paused: bool) -> Result<u64> {
        let bridge = self.bound()?;
        let mut id = 0;
        // SAFETY: the struct has its size.
        unsafe {
            let mut options: cim_replay_options = sized();
            options.speed = speed;
            options.paused = paused.into();
            check(cim_bridge_replay_start(bridge, &options, &mut id))?;
        }
        Ok(id)
    }
    /// Does what the control says; `CIM_NOT_FOUND` without a replay.
    pub fn replay(&mut self, control: ReplayControl) -> Result {
        let bridge = self.bound()?;
        // SAFETY: the handle is open.
        check(unsafe {
            match control {
                ReplayControl::Play => cim_bridge_replay_play(bridge),
                ReplayControl::Pause => cim_bridge_replay_pause(bridge),
                ReplayControl::SetSpeed(speed) => cim_bridge_replay_set_speed(bridge, speed),
                ReplayControl::SeekTime(time) => cim_bridge_replay_seek_time(bridge, time),
                ReplayControl::SeekSequence(sequence) => cim_bridge_replay_seek_sequence(bridge, sequence),
                ReplayControl::SeekBegin => cim_bridge_replay_seek_begin(bridge),
                ReplayControl::SeekEnd => cim_bridge_replay_seek_end(bridge),
                ReplayControl::Step(transactions) => cim_bridge_replay_step(bridge, transactions),
                ReplayControl::Loop(from, to) => cim_bridge_replay_loop(bridge, from, to),
                ReplayControl::ClearLoop => cim_bridge_replay_clear_loop(bridge),
                ReplayControl::FollowLive(on) => cim_bridge_replay_follow_live(bridge, on.into()),
                ReplayControl::End => cim_bridge_replay_end(bridge),
            }
        })
    }
    /// Where the replay is.
    pub fn replay_status(&mut self) -> Result<cim_replay_status> {
        let bridge = self.bound()?;
        // SAFETY: the struct has its size.
        unsafe {
            let mut status: cim_replay_status = sized();
            check(cim_bridge_replay_status(bridge, &mut status))?;
            Ok(status)
        }
    }
}

/// What can be asked of a replay. Times are microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum ReplayControl {
    Play,
    Pause,
    SetSpeed(f64),
    SeekTime(i64),
    SeekSequence(u64),
    SeekBegin,
    SeekEnd,
    /// Transactions, back if negative; pauses.
    Step(i64),
    Loop(i64, i64),
    ClearLoop,
    FollowLive(bool),
    /// Back to the live graph.
    End,
}

/// A graph out of a host's own pieces, to prove that they are what the log says.
pub struct Parts(*mut cim_parts);
impl Drop for Parts {
    fn drop(&mut self) {
        // SAFETY: made by us, closed once.
        unsafe { cim_parts_close(&mut self.0) }
    }
}
#[allow(missing_docs)]
impl Parts {
    pub fn new() -> Result<Parts> {
        let mut parts = ptr::null_mut();
        // SAFETY: the address is ours.
        check(unsafe { cim_parts_new(&mut parts) })?;
        Ok(Parts(parts))
    }
    pub fn node(&mut self, id: &str, of: &str, parent: &str, transform: &cim_transform, properties: &[u8]) -> Result {
        // SAFETY: all is read during the call.
        check(unsafe { cim_parts_add_node(self.0, text(id), text(of), text(parent), transform, bytes(properties)) })
    }
    pub fn edge(&mut self, id: &str, of: &str, source: &str, target: &str, properties: &[u8]) -> Result {
        // SAFETY: all is read during the call.
        check(unsafe { cim_parts_add_edge(self.0, text(id), text(of), text(source), text(target), bytes(properties)) })
    }
    pub fn subgraph(&mut self, id: &str, label: &str, collapsed: bool, nodes: &[&str]) -> Result {
        let nodes: Vec<cim_text> = nodes.iter().map(|node| text(node)).collect();
        // SAFETY: all is read during the call.
        check(unsafe {
            cim_parts_add_subgraph(self.0, text(id), text(label), collapsed.into(), nodes.as_ptr(), nodes.len())
        })
    }
    pub fn state_cid(&self) -> Result<String> {
        let mut cid = cim_cid { text: [0; CIM_CID_TEXT_SIZE] };
        // SAFETY: the address is ours.
        check(unsafe { cim_parts_state_cid(self.0, &mut cid) })?;
        Ok(cid_text(&cid))
    }
}
