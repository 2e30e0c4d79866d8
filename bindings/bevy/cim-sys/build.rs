//! Finds `libcim_c`: in `CIM_LIB_DIR` if that is set, else built by CMake out of the repository that this crate lies in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=CIM_LIB_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = match env::var_os("CIM_LIB_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => build(),
    };
    let folder = fs::canonicalize(&folder).unwrap_or_else(|error| panic!("CIM_LIB_DIR {}: {error}", folder.display()));
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib=dylib=cim_c");
    // For crates that link programs: where the library lies when they run.
    println!("cargo::metadata=LIB_DIR={}", folder.display());
}

fn build() -> PathBuf {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let tree = out.join("cim");
    run(Command::new("cmake").arg("-S").arg(&root).arg("-B").arg(&tree).args([
        "-DCMAKE_BUILD_TYPE=Release",
        "-DCIM_BUILD_TESTS=OFF",
        "-DCIM_BUILD_BENCH=OFF",
        "-DCIM_BUILD_TOOLS=OFF",
    ]));
    run(Command::new("cmake").arg("--build").arg(&tree).args(["--target", "cim_c", "--parallel"]));
    println!("cargo::rerun-if-changed={}", root.join("src").display());
    println!("cargo::rerun-if-changed={}", root.join("include").display());
    tree.join("lib")
}

fn run(command: &mut Command) {
    let status =
        command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; install CMake, or set CIM_LIB_DIR"));
    assert!(status.success(), "{command:?} failed; or set CIM_LIB_DIR to where libcim_c.so is");
}
