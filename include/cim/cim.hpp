// Everything: the whole public interface of cim in one include.
#pragma once

#include <cim/bytes.hpp>
#include <cim/car.hpp>
#include <cim/chain.hpp>
#include <cim/cid.hpp>
#include <cim/dag_json.hpp>
#include <cim/document_store.hpp>
#include <cim/error.hpp>
#include <cim/event.hpp>
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/filter.hpp>
#include <cim/graph_export.hpp>
#include <cim/graph_mapping.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_mutation.hpp>
#include <cim/graph_projection.hpp>
#include <cim/ids.hpp>
#include <cim/ipld.hpp>
#include <cim/playback.hpp>
#include <cim/replayer.hpp>
#include <cim/sqlite_store.hpp>
#include <cim/subject.hpp>
#include <cim/time.hpp>
#include <cim/transaction.hpp>
