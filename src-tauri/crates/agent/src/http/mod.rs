//! The local API on its socket: the declared routes, who may ask, and the event stream.

mod bind;
mod stream;

use std::io;

use axum::{
    Json, Router,
    extract::{
        Request,
        connect_info::{ConnectInfo, Connected},
    },
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    serve::IncomingStream,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hark_api::{ApiError, Picture, Restarting, route};
use hark_local::socket::{Listener, Stream};
use hark_platform::{signals::End, supervisor};
use tokio::sync::watch;

use crate::{
    actions::Actions,
    alerts::Pictures,
    autostart::AtLogin,
    commands::{Commands, Queries, Reader, Sampler, Snoozer},
    handlers::Handlers,
    relay::Relay,
    status::Status,
    words::Language,
};
use bind::bind;

/// The routes that the API declares, bound to what answers them: method, query and answer are those of
/// the declaration.
pub fn router(
    status: &Status,
    queries: &Queries,
    commands: &Commands,
    sampler: &Sampler,
    (reader, actions, handlers, relay, at_login, pictures): (
        &Reader,
        &Actions,
        &Handlers,
        &Relay,
        &AtLogin,
        &Pictures,
    ),
    snoozer: &Snoozer,
    stop: &watch::Sender<Option<End>>,
) -> Router {
    let router = Router::new();
    let router = bind(router, &route::STATUS, status, |status, ()| async move { Ok(status.now()) });
    let router = bind(router, &route::MESSAGES, queries, |queries, query| async move {
        queries.messages(query).await
    });
    let router = bind(router, &route::UNREAD, queries, |queries, ()| async move {
        queries.unread().map_err(plain)
    });
    let router =
        bind(router, &route::RAW, queries, |queries, query| async move { queries.raw(&query) });
    let router = bind(router, &route::PICTURE, pictures, |pictures, query| async move {
        let picture = pictures.preview(query.message).await;
        let picture = picture.map_err(|why| {
            ApiError::plain(format!(
                "The picture of message {} cannot be shown: {why}.",
                query.message
            ))
        })?;
        let png = picture.and_then(|picture| picture.to_png());
        Ok(Picture { png: png.map(|png| BASE64_STANDARD.encode(png)) })
    });
    let router =
        bind(router, &route::READ, reader, |reader, asked| async move { reader.read(&asked) });
    let router =
        bind(router, &route::DELETE, reader, |reader, asked| async move { reader.delete(&asked) });
    let router = bind(router, &route::ACT, actions, |actions, act| async move {
        let language = Language::of_tag(act.language.as_deref().unwrap_or_default());
        actions.act(act, language).await
    });
    let router =
        bind(
            router,
            &route::OUTAGES,
            queries,
            |queries, query| async move { queries.history(&query) },
        );
    let router = bind(router, &route::UPTIME, queries, |queries, ()| async move {
        queries.uptime().map_err(plain)
    });
    let router =
        bind(router, &route::LINK, queries, |queries, query| async move { queries.link(&query) });
    let router = bind(router, &route::JOURNAL, queries, |queries, query| async move {
        queries.journal(&query).map_err(plain)
    });
    let router =
        bind(router, &route::ADD, commands, |commands, new| async move { commands.add(new).await });
    let router =
        bind(
            router,
            &route::TRY,
            commands,
            |commands, new| async move { commands.try_it(new).await },
        );
    let router =
        bind(router, &route::CONSENTS, actions, |actions, ()| async move { actions.consents() });
    let router = bind(router, &route::TAKE_BACK, actions, |actions, consent| async move {
        actions.take_back(consent)
    });
    let router = bind(router, &route::OPTIONS, commands, |commands, asked| async move {
        commands.options(asked).await
    });
    let router =
        bind(
            router,
            &route::EDIT,
            commands,
            |commands, edit| async move { commands.edit(edit).await },
        );
    let router = bind(router, &route::SECRET, commands, |commands, typed| async move {
        commands.keep_secret(typed).await
    });
    let router = bind(router, &route::REMOVE, commands, |commands, target| async move {
        commands.remove(target).await
    });
    let router = bind(router, &route::PAUSE, commands, |commands, target| async move {
        commands.set_paused(target, true).await
    });
    let router = bind(router, &route::RESUME, commands, |commands, target| async move {
        commands.set_paused(target, false).await
    });
    let router = bind(router, &route::MUTE, commands, |commands, target| async move {
        commands.set_muted(target, true).await
    });
    let router = bind(router, &route::UNMUTE, commands, |commands, target| async move {
        commands.set_muted(target, false).await
    });
    let router =
        bind(
            router,
            &route::SNOOZE,
            snoozer,
            |snoozer, asked| async move { snoozer.snooze(asked) },
        );
    let router =
        bind(router, &route::WAKE, snoozer, |snoozer, target| async move { snoozer.wake(target) });
    let router = bind(router, &route::RULES, commands, |commands, asked| async move {
        commands.rules(asked).await
    });
    let router = bind(router, &route::QUIET_HOURS, commands, |commands, ()| async move {
        commands.quiet_hours().await
    });
    let router = bind(router, &route::SET_QUIET_HOURS, commands, |commands, asked| async move {
        commands.set_quiet_hours(asked).await
    });
    let router = bind(router, &route::SEND, commands, |commands, message| async move {
        commands.send(message).await
    });
    let router =
        bind(router, &route::HANDLERS, handlers, |handlers, ()| async move { handlers.list() });
    let router = bind(router, &route::RUN_HANDLER, handlers, |handlers, asked| async move {
        handlers.run_by_hand(&asked)
    });
    let router =
        bind(
            router,
            &route::DEMO,
            commands,
            |commands, ()| async move { commands.begin_demo().await },
        );
    let router =
        bind(
            router,
            &route::GENERAL,
            commands,
            |commands, ()| async move { commands.general().await },
        );
    let router = bind(router, &route::SET_GENERAL, commands, |commands, edit| async move {
        commands.set_general(edit).await
    });
    let router = bind(router, &route::SET_RELAY, commands, |commands, wanted| async move {
        commands.set_relay(wanted.on).await
    });
    let router =
        bind(router, &route::AUTOSTART, at_login, |at_login, ()| async move { at_login.now() });
    let router = bind(router, &route::SET_AUTOSTART, at_login, |at_login, wanted| async move {
        at_login.set(wanted.on)
    });
    let router = bind(router, &route::RELAY, relay, |relay, ()| async move { Ok(relay.now()) });
    let router =
        bind(
            router,
            &route::RELAY_TOKEN,
            relay,
            |relay, asked| async move { relay.renew(asked).await },
        );
    let router =
        bind(router, &route::TEST, sampler, |sampler, ()| async move { sampler.send().await });
    let router = bind(router, &route::DATABASE, queries, |queries, ()| async move {
        queries.database().await.map_err(plain)
    });
    let router = bind(router, &route::STOP, stop, |stop, ()| async move {
        stop.send_replace(Some(End::Asked));
        Ok(())
    });
    let router = bind(router, &route::RESTART, stop, |stop, ()| async move {
        let by_itself = supervisor::begins_anew();
        stop.send_replace(Some(if by_itself { End::Again } else { End::Asked }));
        Ok(Restarting { by_itself })
    });
    router
        .merge(stream::router(status))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn(owner_only))
}

/// Serves until the listener fails.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(listener: Listener, router: Router) -> io::Result<()> {
    let router = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(Local(listener), router).await
}

/// The socket as axum takes connections from it.
struct Local(Listener);

impl axum::serve::Listener for Local {
    type Io = Stream;
    type Addr = Peer;

    async fn accept(&mut self) -> (Stream, Peer) {
        loop {
            match self.0.accept().await {
                Ok((stream, is_owner)) => return (stream, Peer { is_owner }),
                // One that is gone already, or no descriptors: not a reason to spin.
                Err(error) => {
                    tracing::debug!("a connection to the socket failed: {error}");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { is_owner: true })
    }
}

/// How long to wait after a connection that could not be taken.
const ACCEPT_RETRY: std::time::Duration = std::time::Duration::from_millis(100);

/// The process at the other end of a connection.
#[derive(Clone, Copy, Debug)]
struct Peer {
    is_owner: bool,
}

impl Connected<IncomingStream<'_, Local>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Local>) -> Self {
        *stream.remote_addr()
    }
}

async fn owner_only(
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if peer.is_owner {
        return next.run(request).await;
    }
    let sentence = "Only the user who runs this agent may ask it.".to_owned();
    failed(StatusCode::FORBIDDEN, ApiError::plain(sentence))
}

async fn unknown() -> Response {
    let sentence =
        "This agent does not know that request. Are agent and client of the same version?";
    failed(StatusCode::NOT_FOUND, ApiError::plain(sentence.to_owned()))
}

fn failed(status: StatusCode, error: ApiError) -> Response {
    (status, Json(error)).into_response()
}

fn plain(error: impl std::fmt::Display) -> ApiError {
    ApiError::plain(error.to_string())
}
