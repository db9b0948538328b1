//! Running a program under valgrind, twice, so that its start is not counted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::ops::{Div, Sub};
use std::path::PathBuf;
use std::process::Command;

/// What something costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub instructions: f64,
    pub allocations: f64,
    pub bytes: f64,
    /// The most that was allocated at a time, in bytes; of the longer run, not differenced.
    pub peak: f64,
}

pub struct Bench {
    address: String,
    programs: PathBuf,
    /// Whether the other crates are measured as well.
    pub peers: bool,
    known: RefCell<HashMap<String, Cost>>,
}

pub fn has_valgrind() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

impl Bench {
    pub fn new(address: String, peers: bool) -> Result<Self, Box<dyn Error>> {
        build(&["--bin", "ours", "--bin", "decoder"])?;
        if peers {
            build(&[
                "--features",
                "async-openai,decoders",
                "--bin",
                "async_openai",
                "--bin",
                "decoders",
            ])?;
            build(&["--features", "genai", "--bin", "genai"])?;
        }
        let programs = std::env::current_exe()?.with_file_name("");
        Ok(Self {
            address,
            programs,
            peers,
            known: RefCell::default(),
        })
    }

    /// What one call costs: `program` is run for `times` calls and for twice as many.
    ///
    /// The server sends `reply`.
    pub fn call(&self, program: &str, reply: &str, times: usize) -> Result<Cost, Box<dyn Error>> {
        let key = format!("{program} {reply} {times}");
        if let Some(cost) = self.known.borrow().get(&key) {
            return Ok(*cost);
        }
        let once = self.run(program, reply, times)?;
        let twice = self.run(program, reply, 2 * times)?;
        let cost = Cost {
            peak: twice.peak,
            ..(twice - once) / times as f64
        };
        self.known.borrow_mut().insert(key, cost);
        Ok(cost)
    }

    fn run(&self, program: &str, reply: &str, times: usize) -> Result<Cost, Box<dyn Error>> {
        let mut words = program.split(' ');
        let name = words.next().unwrap_or_default();
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(self.programs.join(name))
            .args(words)
            .arg(times.to_string())
            .arg(format!("{}/{reply}/v1", self.address))
            .output()?;
        let (said, told) = (
            String::from_utf8(output.stdout)?,
            String::from_utf8(output.stderr)?,
        );
        let instructions = told
            .split("Collected : ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let said: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
        match (instructions, said.as_slice()) {
            (Some(instructions), &[allocations, bytes, peak]) if output.status.success() => {
                let instructions = instructions.parse()?;
                Ok(Cost {
                    instructions,
                    allocations,
                    bytes,
                    peak,
                })
            }
            _ => Err(format!("{program} {reply} failed: {told}").into()),
        }
    }
}

fn build(what: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(what)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("a program can't be built".into())
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            instructions: self.instructions - other.instructions,
            allocations: self.allocations - other.allocations,
            bytes: self.bytes - other.bytes,
            peak: self.peak - other.peak,
        }
    }
}

impl Div<f64> for Cost {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self {
            instructions: self.instructions / by,
            allocations: self.allocations / by,
            bytes: self.bytes / by,
            peak: self.peak,
        }
    }
}
