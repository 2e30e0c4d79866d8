#include "graph/builtin_mappings.hpp"

namespace cim::graph {

constinit const std::string_view seed_events_mapping = R"json({
  "comment": "General graph events; where two names are in use for an event or a field, both are known",
  "events": {
    "GraphCreated": [],

    "NodeCreated": [{"AddNode": {"id": "{node_id}", "type": "{node_type}", "properties": "{properties?}"}}],
    "NodeAdded":   [{"AddNode": {"id": "{node_id}", "type": "{node_type}", "properties": "{properties?}"}}],
    "NodeUpdated": [{"UpdateNode": {"id": "{node_id}", "updates": "{updates|properties}"}}],
    "NodeRemoved": [{"RemoveNode": {"id": "{node_id}"}}],
    "NodeTransformed": [{"Transform": {"target": "{node_id|target}", "operation": "{operation}"}}],

    "EdgeConnected": [{"AddEdge": {"id": "{edge_id}", "source": "{source}", "target": "{target}",
                                   "type": "{edge_type}", "properties": "{properties?}"}}],
    "EdgeAdded":     [{"AddEdge": {"id": "{edge_id}", "source": "{source}", "target": "{target}",
                                   "type": "{edge_type}", "properties": "{properties?}"}}],
    "EdgeUpdated": [{"UpdateEdge": {"id": "{edge_id}", "updates": "{updates|properties}"}}],
    "EdgeRemoved": [{"RemoveEdge": {"id": "{edge_id}"}}],

    "SubgraphCreated": [{"CreateSubgraph": {"id": "{subgraph_id}", "label": "{label?}", "nodes": "{nodes?}"}}],
    "SubgraphNodesAdded":        [{"AddToSubgraph": {"id": "{subgraph_id}", "nodes": "{nodes|node_ids}"}}],
    "NodesAddedToSubgraph":      [{"AddToSubgraph": {"id": "{subgraph_id}", "nodes": "{nodes|node_ids}"}}],
    "SubgraphNodesRemoved":      [{"RemoveFromSubgraph": {"id": "{subgraph_id}", "nodes": "{nodes|node_ids}"}}],
    "NodesRemovedFromSubgraph":  [{"RemoveFromSubgraph": {"id": "{subgraph_id}", "nodes": "{nodes|node_ids}"}}],
    "SubgraphCollapsed": [{"CollapseSubgraph": {"id": "{subgraph_id}"}}],
    "SubgraphExpanded":  [{"ExpandSubgraph": {"id": "{subgraph_id}"}}],
    "SubgraphTransformed": [{"Transform": {"target": {"Subgraph": "{subgraph_id|nodes}"}, "operation": "{operation}"}}]
  }
})json";

constinit const std::string_view git_events_mapping = R"json({
  "comment": "A repository's history: authors, the tree of directories and files, and who touched which file how often",
  "events": {
    "CommitRecorded": [
      {"AddNode": {"id": "author:{author}", "type": "Author",
                   "properties": {"name": "{author_name?}", "email": "{author_email?}"}}}
    ],

    "DirectoryCreated": [
      {"AddNode": {"id": "dir:{path}", "type": "Directory",
                   "properties": {"path": "{path}", "name": "{name}", "path_bytes": "{path_bytes?}"}}},
      {"if_present": "parent",
       "AddEdge": {"id": "contains:{path}", "source": "dir:{parent}", "target": "dir:{path}", "type": "contains"}}
    ],
    "DirectoryRemoved": [{"RemoveNode": {"id": "dir:{path}"}}],

    "FileCreated": [
      {"AddNode": {"id": "file:{path}", "type": "File",
                   "properties": {"path": "{path}", "name": "{name}", "mode": "{mode}", "blob": "{blob}",
                                  "path_bytes": "{path_bytes?}"}}},
      {"AddEdge": {"id": "contains:{path}", "source": "dir:{directory}", "target": "file:{path}", "type": "contains"}},
      {"AddEdge": {"id": "touched:{author}:{path}", "source": "author:{author}", "target": "file:{path}",
                   "type": "touched", "properties": {"count": "{touched}"}}}
    ],
    "FileUpdated": [
      {"UpdateNode": {"id": "file:{path}", "updates": {"mode": "{mode}", "blob": "{blob}"}}},
      {"AddEdge": {"id": "touched:{author}:{path}", "source": "author:{author}", "target": "file:{path}",
                   "type": "touched", "properties": {"count": "{touched}"}}},
      {"UpdateEdge": {"id": "touched:{author}:{path}", "updates": {"count": "{touched}"}}}
    ],
    "FileRemoved": [{"RemoveNode": {"id": "file:{path}"}}]
  }
})json";

} // namespace cim::graph
