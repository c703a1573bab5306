//! The program `wip`: one thread that waits for all clouds, and the command line on it.

use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let env = wip::Env::of_process();
    let code = runtime.block_on(wip::run(std::env::args_os(), &env));
    Ok(ExitCode::from(code))
}
