//! Every function, constant and struct here is in cim.h, as it is there: the header is compiled as C with a table of sizes
//! and offsets that is compared with ours, and the names are compared as text.

use std::collections::BTreeSet;
use std::process::Command;
use std::{env, fs};

const HEADER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../include/cim/cim.h");
const OURS: &str = include_str!("../src/lib.rs");

fn names(text: &str, before: &str, end: char) -> BTreeSet<String> {
    text.match_indices(before)
        .map(|(at, _)| text[at + before.len()..].split(end).next().unwrap_or("").trim().to_string())
        .collect()
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code + rest
}

#[test]
fn has_the_functions_of_the_header() {
    let header = without_comments(&fs::read_to_string(HEADER).expect("cim.h"));
    let theirs: BTreeSet<String> = header
        .split("CIM_API ")
        .skip(1)
        .filter_map(|declaration| {
            let name = declaration.split('(').next()?;
            Some(name.rsplit([' ', '*', '\n']).next()?.to_string())
        })
        .filter(|name| name.starts_with("cim_"))
        .collect();
    let ours: BTreeSet<String> = names(OURS, "    pub fn ", '(');
    assert_eq!(ours, theirs);
    assert!(ours.len() > 70);
}

/// (struct, its fields) of this crate, by its text.
fn structs() -> Vec<(String, Vec<String>)> {
    OURS.split("pub struct ")
        .skip(1)
        .filter_map(|text| {
            let (name, rest) = text.split_once(" {")?;
            let body = rest.split_once("\n}")?.0;
            let fields: Vec<String> = body
                .lines()
                .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next().map(str::to_string))
                .collect();
            (!fields.is_empty()).then(|| (name.to_string(), fields))
        })
        .collect()
}

macro_rules! layout {
    ($table:ident, $name:ident { $($field:ident),* }) => {
        $table.push(format!("{} {}", stringify!($name), size_of::<cim_sys::$name>()));
        $($table.push(format!("{}.{} {}", stringify!($name), stringify!($field).trim_start_matches("r#"),
            std::mem::offset_of!(cim_sys::$name, $field)));)*
    };
}

#[test]
fn has_the_layout_of_the_header() {
    let mut table = Vec::new();
    include!("layout.in");
    let listed: usize = structs().iter().map(|(_, fields)| fields.len() + 1).sum();
    assert_eq!(table.len(), listed, "layout.in names every field of every struct");

    let mut program = String::from("#include <cim/cim.h>\n#include <stdio.h>\nint main(void) {\n");
    for line in &table {
        let what = line.split(' ').next().expect("a name");
        program += &match what.split_once('.') {
            Some((name, field)) => {
                format!("printf(\"{what} %zu\\n\", offsetof({name}, {field}));\n")
            }
            None => format!("printf(\"{what} %zu\\n\", sizeof({what}));\n"),
        };
    }
    for (name, value) in constants() {
        program += &format!("printf(\"{name} %lld\\n\", (long long)({name}));\n");
        table.push(format!("{name} {value}"));
    }
    program += "return 0; }\n";
    let folder = env::temp_dir().join(format!("cim-sys-header-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let source = folder.join("layout.c");
    let binary = folder.join("layout");
    fs::write(&source, program).expect("the program");
    let compiled = Command::new(env::var("CC").unwrap_or_else(|_| "cc".into()))
        .arg("-I")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../include"))
        .arg(&source)
        .arg("-o")
        .arg(&binary)
        .status()
        .expect("a C compiler");
    assert!(compiled.success());
    let output = Command::new(&binary).output().expect("the program runs");
    fs::remove_dir_all(&folder).expect("the folder goes");
    let theirs = String::from_utf8(output.stdout).expect("text");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(table, theirs);
}

/// The constants of this crate but those that are no numbers, by its text.
fn constants() -> Vec<(String, String)> {
    OURS.lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("pub const ")?.split_once(':')?;
            let value = rest.split_once("= ")?.1.trim_end_matches(';');
            value.parse::<i64>().ok()?;
            Some((name.to_string(), value.to_string()))
        })
        .collect()
}
