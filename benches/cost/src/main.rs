//! Counts what a call costs, and prints the tables: see the README's section "Cost".
//!
//! - without arguments: everything, also with the other crates, which are built for it;
//! - `ours`: only what needs no other crate;
//! - `weight`: what programs weigh, built anew: only on Linux;
//! - `serve`: only the server, to look closer at a program of `src/bin`;
//! - `check`: fails if one of these is more than 10 % above `reached.txt`; `reach` writes that file.

mod measure;
mod rows;
mod server;
mod weight;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use measure::Bench;
use rows::Row;

/// How far a figure may rise above what was reached.
const MARGIN: f64 = 1.1;
/// How far the instructions of a call differ from one run to the next.
const NOISE: f64 = 200.0;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let what = std::env::args().nth(1).unwrap_or_default();
    if what == "weight" {
        weight::print()?;
        return Ok(ExitCode::SUCCESS);
    }
    if !measure::has_valgrind() {
        println!("valgrind is not installed: nothing is counted");
        return Ok(ExitCode::SUCCESS);
    }
    if what == "serve" {
        println!("{}", server::start()?);
        std::thread::park();
    }
    let bench = Bench::new(server::start()?, what.is_empty())?;
    let rows = rows::rows(&bench)?;
    print(&rows);
    let reached = Path::new(env!("CARGO_MANIFEST_DIR")).join("reached.txt");
    match what.as_str() {
        "reach" => {
            // Peaks hang on how much the socket holds whenever it is read.
            let lines = figures(&rows).filter(|(name, _)| !name.starts_with("memory"));
            let lines = lines.map(|(name, value)| format!("{name} = {value:.3}\n"));
            std::fs::write(reached, lines.collect::<String>())?;
        }
        "check" => return check(&rows, &std::fs::read_to_string(reached)?),
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn print(rows: &[Row]) {
    println!("| what | goal | reached |\n| --- | --- | --- |");
    for Row { what, figures } in rows {
        let goals: Vec<_> = figures.iter().map(rows::Figure::goal).collect();
        let reached: Vec<_> = figures.iter().map(rows::Figure::reached).collect();
        println!("| {what} | {} | {} |", goals.join(", "), reached.join(", "));
    }
}

fn figures(rows: &[Row]) -> impl Iterator<Item = (String, f64)> {
    rows.iter().flat_map(|row| {
        let figures = row.figures.iter();
        figures.map(|figure| {
            (
                format!("{}: {}", row.what, figure.unit.trim()),
                figure.value,
            )
        })
    })
}

fn check(rows: &[Row], reached: &str) -> Result<ExitCode, Box<dyn Error>> {
    let now: BTreeMap<_, _> = figures(rows).collect();
    let mut code = ExitCode::SUCCESS;
    for line in reached.lines() {
        let (name, before) = line.rsplit_once(" = ").ok_or("a line without a value")?;
        let before: f64 = before.parse()?;
        let now = now.get(name).copied().unwrap_or(f64::INFINITY);
        // A little more than nothing is nothing.
        let noise = match name.contains(": instructions") && name.starts_with("small") {
            true => NOISE,
            false => 0.02,
        };
        if now > before * MARGIN + noise {
            println!("{name}: {now:.2}, and was {before:.2}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
