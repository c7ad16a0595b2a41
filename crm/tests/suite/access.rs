//! Users and sessions.

use crate::place::Place;
use crm::{SeedUser, Store, wall_now};
use domain::{Answer, Query, QueryError, Redacted, Role, Session, User, WallTime};
use secrecy::SecretString;

fn wei(password: &str) -> SeedUser {
    SeedUser {
        login: "wei".to_owned(),
        name: "Li Wei 李伟".to_owned(),
        role: Role::Agent,
        agent: "li.wei".parse().ok(),
        password: SecretString::from(password),
    }
}

fn boss() -> SeedUser {
    SeedUser { login: "boss".to_owned(), role: Role::Supervisor, agent: None, ..wei("other") }
}

async fn sign_in(store: &Store, login: &str, password: &str) -> Option<User> {
    let query = Query::Authenticate { login: login.to_owned(), password: Redacted::from(password) };
    let Answer::User(user) = store.answer(query).await.unwrap() else { panic!() };
    user
}

async fn begin(store: &Store, token: &str, login: &str, expires: WallTime) -> Result<Answer, QueryError> {
    store.answer(Query::CreateSession { token_sha256: token.to_owned(), login: login.to_owned(), expires }).await
}

async fn session(store: &Store, token: &str, now: WallTime) -> Option<Session> {
    let query = Query::FindSession { token_sha256: token.to_owned(), now };
    let Answer::Session(session) = store.answer(query).await.unwrap() else { panic!() };
    session
}

fn later(seconds: i64) -> WallTime {
    WallTime::from_micros(wall_now().as_micros() + seconds * 1_000_000)
}

pub async fn only_the_right_password_opens(place: &Place) {
    let store = place.store().await;
    store.seed_users(&[wei("right"), boss()]).await.unwrap();
    let user = sign_in(&store, "wei", "right").await.unwrap();
    assert_eq!((user.role, user.agent), (Role::Agent, "li.wei".parse().ok()));
    for (login, password) in
        [("wei", "wrong"), ("wei", ""), ("nobody", "right"), ("", ""), ("wei\0", "right"), ("Wei", "right")]
    {
        assert_eq!(sign_in(&store, login, password).await, None, "{login} {password}");
    }
}

pub async fn a_session_lives_until_it_is_over_or_ended(place: &Place) {
    let store = place.store().await;
    store.seed_users(&[wei("right")]).await.unwrap();
    let expires = later(60);
    begin(&store, "aa", "wei", expires).await.unwrap();
    begin(&store, "bb", "wei", later(-1)).await.unwrap();
    assert_eq!(session(&store, "aa", wall_now()).await.unwrap().user.login, "wei");
    assert_eq!(session(&store, "aa", expires).await, None);
    assert_eq!(session(&store, "bb", wall_now()).await, None);
    assert_eq!(session(&store, "cc", wall_now()).await, None);
    store.answer(Query::EndSession { token_sha256: "aa".to_owned() }).await.unwrap();
    assert_eq!(session(&store, "aa", wall_now()).await, None);
    assert_eq!(begin(&store, "dd", "nobody", expires).await.unwrap_err(), QueryError::NotFound);
}

pub async fn seeding_again_changes_only_what_changed(place: &Place) {
    let store = place.store().await;
    store.seed_users(&[wei("old"), boss()]).await.unwrap();
    for (token, login) in [("aa", "wei"), ("bb", "boss")] {
        begin(&store, token, login, later(60)).await.unwrap();
    }
    store.seed_users(&[wei("old"), boss()]).await.unwrap();
    assert!(session(&store, "aa", wall_now()).await.is_some());
    // Another password: the old one opens nothing any more, and who was signed in with it is signed out.
    store.seed_users(&[wei("new"), boss()]).await.unwrap();
    assert_eq!(session(&store, "aa", wall_now()).await, None);
    assert!(session(&store, "bb", wall_now()).await.is_some());
    assert_eq!(sign_in(&store, "wei", "old").await, None);
    assert!(sign_in(&store, "wei", "new").await.is_some());
    let seed = std::fs::read(place.dir.path().join("seed.key")).unwrap();
    assert_eq!(seed.len(), 32);
}
