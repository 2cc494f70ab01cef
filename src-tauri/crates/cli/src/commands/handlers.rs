//! `hark handlers`: what runs when something happens, with the latest run of each; and tries one.

use std::pin::pin;

use futures_util::StreamExt;
use hark_api::{Event, HandlerRun, RunHandler, route};
use hark_local::profile::Profile;

use super::client;
use crate::{
    Done, Failed,
    arguments::{HandlersCommand, HandlersOptions, RunHandlerOptions},
    look::Look,
    out, show,
};

pub async fn handlers(profile: &Profile, options: HandlersOptions) -> Done {
    if let Some(HandlersCommand::Run(asked)) = options.command {
        return run(profile, asked).await;
    }
    let all = client(profile).call(&route::HANDLERS, &()).await?;
    let look = Look::of_stdout();
    for one in &all {
        if options.json {
            out::json(one)?;
        } else {
            out::print(show::handlers::handler(one, &look))?;
        }
    }
    if all.is_empty() && !options.json {
        out::line("The settings have no handlers.")?;
    }
    Ok(())
}

async fn run(profile: &Profile, options: RunHandlerOptions) -> Done {
    let RunHandlerOptions { name, on, subscription, json } = options;
    let client = client(profile);
    let mut events = pin!(client.events()?);
    // From its first event on, nothing of what is told is missed.
    if let Some(first) = events.next().await {
        first?;
    }
    let asked = RunHandler { name, on, subscription };
    let begun = client.call(&route::RUN_HANDLER, &asked).await?;
    let ended = loop {
        match events.next().await {
            Some(event) => match event? {
                Event::Handler(run) if run.by_hand && run.handler == begun.handler => break *run,
                _ => {}
            },
            None => return Err(Failed("The agent has ended, and the handler with it.".to_owned())),
        }
    };
    report(&ended, json)
}

fn report(ended: &HandlerRun, json: bool) -> Done {
    if json {
        out::json_pretty(ended)?;
    } else {
        out::print(show::handlers::run_with_output(ended, &Look::of_stdout()))?;
    }
    match show::handlers::is_well(ended) {
        true => Ok(()),
        false => Err(Failed(format!(
            "The handler {:?} {}.",
            ended.handler,
            show::handlers::ended(ended)
        ))),
    }
}
