//! What the relay answers: who asks is judged first, then what is asked for is answered.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{self, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT, VARY},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use futures_util::stream;
use hark_api::{Health, Phase, RelayId, RelayQuery, RelayRefusal, route};
use hark_store::Filter;
use hyper::body::Incoming;

use super::{
    Relay,
    client::Client,
    gate::{self, Access, Gate, Refusal, Tokens},
    hub::Wants,
};
use crate::own;

/// The id that a client was sent last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The media types of what is answered.
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// How many Harks a client may say that it is.
const HOPS_MAX: usize = 16;

/// What a listener answers by.
#[derive(Clone)]
pub(super) struct Answers {
    pub(super) relay: Relay,
    pub(super) origins: Arc<[String]>,
}

impl Answers {
    /// The answer to a request; `may` says whether its client may ask at all.
    pub(super) async fn answer(self, may: bool, request: Request<Incoming>) -> Response<Body> {
        let (parts, _) = request.into_parts();
        let tokens = self.relay.tokens();
        let gate = Gate { origins: &self.origins, tokens: tokens.as_ref(), health: route::HEALTH };
        if !may {
            let sentence = "Only the user who runs this agent may ask it.".to_owned();
            return self.finished(refused((StatusCode::FORBIDDEN, sentence)), None);
        }
        // Before anything else of it is read.
        let page = match gate.page(&parts.headers) {
            Ok(page) => page,
            Err(refusal) => return self.finished(refused(refusal), None),
        };
        let response = match parts.method == Method::OPTIONS && page.is_some() {
            true => Gate::host(&parts.headers, &parts.uri).map(|()| preflight(&parts.headers)),
            false => self.judged(&gate, &parts, page.clone()),
        };
        self.finished(response.unwrap_or_else(refused), page)
    }

    fn judged(
        &self,
        gate: &Gate<'_>,
        parts: &Parts,
        page: Option<String>,
    ) -> Result<Response<Body>, Refusal> {
        Gate::host(&parts.headers, &parts.uri)?;
        gate::method(&parts.method)?;
        let query = parts.uri.query().unwrap_or_default();
        let access = gate.access(parts.uri.path(), &parts.headers, query)?;
        match (parts.uri.path(), access) {
            (route::HEALTH, _) => Ok(self.health()),
            (route::METRICS, Access::Full) => {
                let text = self.relay.metrics();
                Ok(([(CONTENT_TYPE, METRICS)], text).into_response())
            }
            (route::METRICS, _) => Err((
                StatusCode::FORBIDDEN,
                "That token is for messages alone. Metrics want the other one: hark relay token"
                    .to_owned(),
            )),
            (route::RELAY_MESSAGES, _) => {
                let query = RelayQuery::read(query)
                    .map_err(|sentence| (StatusCode::BAD_REQUEST, sentence))?;
                self.messages(parts, query, access, page)
            }
            _ => Err((
                StatusCode::NOT_FOUND,
                format!(
                    "The relay has {}, {} and {}.",
                    route::RELAY_MESSAGES,
                    route::METRICS,
                    route::HEALTH
                ),
            )),
        }
    }

    fn messages(
        &self,
        parts: &Parts,
        query: RelayQuery,
        access: Access,
        page: Option<String>,
    ) -> Result<Response<Body>, Refusal> {
        let bad = |sentence| (StatusCode::BAD_REQUEST, sentence);
        let not_through = hops(&parts.headers);
        if not_through.iter().any(|hop| **hop == *self.relay.own()) {
            let sentence =
                "This Hark would follow itself: pause or remove that subscription.".to_owned();
            return Err((StatusCode::CONFLICT, sentence));
        }
        let last = parts.headers.get(LAST_EVENT_ID).filter(|last| !last.is_empty());
        let since = match last {
            Some(last) => Some(RelayId::read(last.to_str().unwrap_or("?")).map_err(bad)?),
            None => query.since,
        };
        // What Hark says itself is no feed's, and comes to who asks for it.
        let filter = Filter {
            subscriptions: query.subscriptions,
            topics: query.topics,
            without: Some(own::KEY),
        };
        let wants = Wants { filter, raw: query.raw, not_through };
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let clients = self.relay.clients();
        let Some(guest) = clients.enter(agent.unwrap_or_default(), page) else {
            let sentence = format!("{} clients follow already.", super::clients::CLIENTS_MAX);
            return Err((StatusCode::SERVICE_UNAVAILABLE, sentence));
        };
        if parts.method == Method::HEAD {
            return Ok(([(CONTENT_TYPE, EVENT_STREAM)], ()).into_response());
        }
        let cut = clients.until_cut(access == Access::ReadOnly);
        let client = Client::new(self.relay.hub(), wants, since, guest, cut)
            .map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
        let events = stream::unfold(client, |mut client| async move {
            let bytes: Bytes = client.next().await?;
            Some((Ok::<_, std::convert::Infallible>(bytes), client))
        });
        let mut response =
            ([(CONTENT_TYPE, EVENT_STREAM)], Body::from_stream(events)).into_response();
        if let Ok(own) = HeaderValue::from_str(self.relay.own()) {
            response.headers_mut().insert(route::HOP_HEADERS.1, own);
        }
        Ok(response)
    }

    /// Whether the agent does its work. Servers that are away, and settings with an error, are not its
    /// faults: who starts it anew for them would only lose connections that stand.
    fn health(&self) -> Response<Body> {
        let mut health = Health { ok: self.relay.is_well(), up: 0, down: 0, paused: 0 };
        for link in self.relay.links() {
            match link.phase {
                Phase::Streaming { .. } => health.up += 1,
                Phase::Paused => health.paused += 1,
                _ => health.down += 1,
            }
        }
        let status = if health.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(health)).into_response()
    }

    /// What every answer has.
    fn finished(&self, mut response: Response<Body>, page: Option<String>) -> Response<Body> {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(Ok(page)) = page.map(|page| HeaderValue::from_str(&page)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
        }
        response
    }
}

/// The tokens where they are wanted.
impl Relay {
    fn tokens(&self) -> Option<Tokens> {
        self.state().tokens.clone()
    }
}

fn refused((status, error): Refusal) -> Response<Body> {
    let mut response = (status, Json(RelayRefusal { error })).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
    }
    response
}

/// The answer to a browser that asks whether a page may ask (Fetch standard, CORS preflight; also for a page of
/// the network that asks its own computer).
fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let allowed = HeaderValue::from_static("authorization, last-event-id, cache-control");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    if asked.contains_key("access-control-request-private-network") {
        let name = HeaderName::from_static("access-control-allow-private-network");
        headers.insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// The Harks that a client says that it is.
fn hops(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(route::HOP_HEADERS.0).iter().filter_map(|hops| hops.to_str().ok());
    let each = all.flat_map(|hops| hops.split(',')).map(|hop| hop.trim().to_owned());
    each.filter(|hop| !hop.is_empty()).take(HOPS_MAX).collect()
}
