#include "store/sqlite/fault_vfs.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <limits>

namespace cim::test {

namespace {

// Of the one object that may live. Counts down to the failure; far away means none.
constexpr int never = std::numeric_limits<int>::max();
std::atomic<int> writes_left{never};
std::atomic<int> syncs_left{never};
std::atomic<bool> failed{false};
sqlite3_vfs* real_files = nullptr;
sqlite3_vfs faulty_files{};

bool fails(std::atomic<int>& left) {
    if (left == never) return false;
    if (--left > 0) return false;
    left = 1; // and so does the next
    failed = true;
    return true;
}

// Followed in memory by the file of the real kind.
struct File {
    sqlite3_file base;
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }

template <auto Method, class... Arguments> int forward(sqlite3_file* file, Arguments... arguments) {
    return (real(file)->pMethods->*Method)(real(file), arguments...);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (fails(writes_left)) return SQLITE_IOERR_WRITE;
    return forward<&sqlite3_io_methods::xWrite>(file, bytes, size, at);
}

int sync(sqlite3_file* file, int flags) {
    if (fails(syncs_left)) return SQLITE_IOERR_FSYNC;
    return forward<&sqlite3_io_methods::xSync>(file, flags);
}

void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }

constexpr sqlite3_io_methods methods{
    .iVersion = 2, // without memory-mapped reading
    .xClose = forward<&sqlite3_io_methods::xClose>,
    .xRead = forward<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = forward<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = sync,
    .xFileSize = forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = forward<&sqlite3_io_methods::xLock, int>,
    .xUnlock = forward<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = forward<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = forward<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = forward<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = forward<&sqlite3_io_methods::xShmMap, int, int, int, volatile void**>,
    .xShmLock = forward<&sqlite3_io_methods::xShmLock, int, int, int>,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = forward<&sqlite3_io_methods::xShmUnmap, int>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened_flags) {
    file->pMethods = nullptr;
    const int code = real_files->xOpen(real_files, name, real(file), flags, opened_flags);
    if (code == SQLITE_OK) file->pMethods = &methods;
    return code;
}

} // namespace

FaultyFiles::FaultyFiles() {
    real_files = sqlite3_vfs_find(nullptr);
    faulty_files = *real_files;
    faulty_files.zName = "cim-faulty";
    faulty_files.szOsFile = static_cast<int>(sizeof(File)) + real_files->szOsFile;
    faulty_files.pNext = nullptr;
    faulty_files.xOpen = open;
    EXPECT_EQ(sqlite3_vfs_register(&faulty_files, 1), SQLITE_OK);
    heal();
}

FaultyFiles::~FaultyFiles() {
    heal();
    sqlite3_vfs_register(real_files, 1);
    sqlite3_vfs_unregister(&faulty_files);
}

void FaultyFiles::fail(Operation operation, int n) {
    failed = false;
    (operation == Operation::write ? writes_left : syncs_left) = n;
}

void FaultyFiles::heal() {
    writes_left = never;
    syncs_left = never;
}

bool FaultyFiles::has_failed() const { return failed; }

} // namespace cim::test
