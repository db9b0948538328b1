mod server;
fn main(){ println!("{}", server::start().unwrap()); loop { std::thread::park() } }
