//! `hark demo`: a push server on this computer, to try Hark with.

use hark_agent::demo::Demo;
use hark_platform::signals::{self, Signal};

use crate::{Done, Failed, out};

pub async fn demo(port: u16) -> Done {
    let demo = Demo::bind(port).await.map_err(|error| {
        Failed(format!("Port {port} of this computer cannot be used: {error}. Choose another."))
    })?;
    out::line(demo.url())?;
    out::line(format_args!("Publish with: curl -d 'text' {}", demo.url()))?;
    let mut ended = signals::hear(&[Signal::Terminate, Signal::Interrupt])?;
    tokio::select! {
        served = demo.serve() => Ok(served?),
        _ = ended.recv() => Ok(()),
    }
}
