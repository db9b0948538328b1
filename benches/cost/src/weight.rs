//! What a program that chats weighs with this crate and with `async-openai`: its crates, what building it costs, and
//! its size.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The clock that `/proc` counts in, in seconds.
const TICK: f64 = 0.01;

/// Prints the table. Everything is built anew.
pub fn print() -> Result<(), Box<dyn Error>> {
    println!("| program with | crates | CPU seconds to build | bytes, stripped |");
    println!("| --- | --- | --- | --- |");
    for name in ["ours", "async-openai"] {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../weight")
            .join(name);
        let crates = crates(&program)?;
        let target = std::env::temp_dir().join(format!("weight-{}-{name}", std::process::id()));
        let built = build(&program, &target);
        std::fs::remove_dir_all(&target)?;
        let (seconds, bytes) = built?;
        println!("| {name} | {crates} | {seconds:.0} | {bytes} |");
    }
    Ok(())
}

/// How many crates the program is made of, those that only build it left out.
fn crates(program: &Path) -> Result<usize, Box<dyn Error>> {
    let output = cargo(program)
        .args(["tree", "--edges", "normal", "--prefix", "none"])
        .output()?;
    let tree = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<_> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    Ok(crates.len())
}

/// Builds the program: the CPU's seconds and the size.
fn build(program: &Path, target: &PathBuf) -> Result<(f64, u64), Box<dyn Error>> {
    let before = cpu_of_children()?;
    let status = cargo(program)
        .args([
            "build",
            "--release",
            "--quiet",
            "--config",
            "profile.release.strip=true",
        ])
        .arg("--target-dir")
        .arg(target)
        .status()?;
    if !status.success() {
        return Err("a program can't be built".into());
    }
    let seconds = cpu_of_children()? - before;
    Ok((seconds, target.join("release/hello").metadata()?.len()))
}

fn cargo(program: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(program);
    cargo
}

/// The seconds of the CPU that the programs took that this one has started and that have ended.
fn cpu_of_children() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    // `cutime` and `cstime`, counted from the state: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    let times = fields.split(' ').skip(13).take(2).map(str::parse::<f64>);
    Ok(times.sum::<Result<f64, _>>()? * TICK)
}
