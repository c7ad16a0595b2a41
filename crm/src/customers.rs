//! Customers: found by number, account or text; written after a check.

use crate::contacts::{like_escaped, page_size};
use crate::db::{Db, Row, Tx, vals};
use crate::error::Failure;
use crate::phone::Numbering;
use crate::{Store, cursor, wall_now};
use domain::{ContactPoint, Customer, CustomerId, LastContact, NewCustomer, Page, QueryError, Redacted, WallTime};
use serde_json::Value;

const DAY: i64 = 86_400 * 1_000_000;
/// Longest text of a field in bytes.
const TEXT_MAX: usize = 65_536;
/// Longest account number in bytes; longer ones do not fit an index.
const ACCOUNT_MAX: usize = 128;
/// Longest telephone number and e-mail address in bytes.
const PHONE_MAX: usize = 64;
const EMAIL_MAX: usize = 254;
/// Most contact points of one kind.
const POINTS_MAX: usize = 50;
/// Characters of a name that decide its place in the list.
const KEY_CHARS: usize = 100;

macro_rules! customer_rows {
    ($rest:literal) => {
        concat!("SELECT k.id, k.name, k.company, k.tier, k.account, k.language, k.notes FROM customers k ", $rest)
    };
}

/// A customer's fields that can be stored.
#[derive(Debug)]
pub(crate) struct Checked {
    fields: NewCustomer,
    points: Vec<ContactPoint>,
}

impl Checked {
    /// The account number, or empty.
    pub(crate) fn account(&self) -> &str {
        &self.fields.account
    }
}

/// Checks the fields of a customer and finds the normal form of each number.
pub(crate) fn check(numbering: Numbering, fields: &NewCustomer) -> Result<Checked, QueryError> {
    let fields = NewCustomer {
        name: Redacted(text("name", &fields.name.0, TEXT_MAX)?),
        company: text("company", &fields.company, TEXT_MAX)?,
        tier: text("tier", &fields.tier, TEXT_MAX)?,
        account: text("account", &fields.account, ACCOUNT_MAX)?,
        language: fields.language,
        notes: text("notes", &fields.notes, TEXT_MAX)?,
        phones: fields.phones.clone(),
        emails: fields.emails.clone(),
    };
    if fields.name.0.is_empty() {
        return Err(bad("name", "must not be empty"));
    }
    let phone = |raw: &Redacted| phone_point(numbering, &raw.0);
    let email = |raw: &Redacted| email_point(&raw.0);
    let mut points = distinct(fields.phones.iter().map(phone).collect::<Result<_, _>>()?);
    let emails = distinct(fields.emails.iter().map(email).collect::<Result<_, _>>()?);
    for (field, count) in [("phones", points.len()), ("emails", emails.len())] {
        if count > POINTS_MAX {
            return Err(bad(field, "there are more than 50"));
        }
    }
    points.extend(emails);
    Ok(Checked { fields, points })
}

fn bad(field: &str, why: impl Into<String>) -> QueryError {
    QueryError::BadField { field: field.to_owned(), why: why.into() }
}

fn text(field: &str, value: &str, max: usize) -> Result<String, QueryError> {
    if value.len() > max {
        return Err(bad(field, format!("is longer than {max} bytes")));
    }
    Ok(value.trim().replace('\0', "\u{fffd}"))
}

fn phone_point(numbering: Numbering, raw: &str) -> Result<ContactPoint, QueryError> {
    let raw = text("phones", raw, PHONE_MAX)?;
    let normal = numbering.normal(&raw);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_extension = !normal.is_empty() && normal.chars().all(allowed);
    if numbering.e164(&raw).is_none() && !is_extension {
        let why = format!("`{raw}` is no telephone number; write it with + and the country code");
        return Err(bad("phones", why));
    }
    Ok(ContactPoint { kind: "phone".into(), raw: Redacted(raw), normal: Redacted(normal), label: String::new() })
}

fn email_point(raw: &str) -> Result<ContactPoint, QueryError> {
    let raw = text("emails", raw, EMAIL_MAX)?;
    let whole = raw.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if !whole || raw.contains(char::is_whitespace) {
        return Err(bad("emails", format!("`{raw}` is no e-mail address")));
    }
    let normal = Redacted(raw.to_lowercase());
    Ok(ContactPoint { kind: "email".into(), raw: Redacted(raw), normal, label: String::new() })
}

fn distinct(points: Vec<ContactPoint>) -> Vec<ContactPoint> {
    let mut kept: Vec<ContactPoint> = Vec::new();
    for point in points {
        if kept.iter().all(|other| other.normal != point.normal) {
            kept.push(point);
        }
    }
    kept
}

/// Adds a customer, or changes the one with `id`.
pub(crate) async fn save(store: &Store, id: Option<CustomerId>, fields: &NewCustomer) -> Result<Customer, Failure> {
    let checked = check(store.numbering, fields)?;
    let mut tx = store.db.begin().await?;
    let written = write_new_or_known(&mut tx, id, &checked).await;
    let id = match written {
        Ok(id) => id,
        Err(Failure::Database(error)) => return Err(Failure::Database(error)),
        Err(refused) => {
            tx.rollback().await?;
            return Err(refused);
        }
    };
    tx.commit().await?;
    by_id(&store.db, id).await?.ok_or(Failure::Query(QueryError::NotFound))
}

async fn write_new_or_known(tx: &mut Tx, id: Option<CustomerId>, checked: &Checked) -> Result<CustomerId, Failure> {
    if let Some(id) = id
        && tx.fetch("SELECT 1 FROM customers WHERE id = $1", vals![id]).await?.is_empty()
    {
        return Err(Failure::Query(QueryError::NotFound));
    }
    let owner = account_owner(tx, checked.account()).await?;
    if owner.is_some() && owner != id {
        return Err(Failure::Query(bad("account", "another customer has this account number")));
    }
    let id = match id {
        Some(id) => id,
        None => random_id()?,
    };
    write(tx, id, checked).await?;
    Ok(id)
}

/// A new customer's id.
pub(crate) fn random_id() -> Result<CustomerId, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Hash)?;
    Ok(CustomerId::new(u128::from_be_bytes(bytes)))
}

/// The customer with this account number.
pub(crate) async fn account_owner(tx: &mut Tx, account: &str) -> Result<Option<CustomerId>, sqlx::Error> {
    if account.is_empty() {
        return Ok(None);
    }
    let rows = tx.fetch("SELECT id FROM customers WHERE account = $1", vals![account]).await?;
    rows.first().map(|row| row.id(0)).transpose()
}

const SAVE_CUSTOMER: &str = "INSERT INTO customers (id, name, company, tier, account, language, notes, name_key, \
    search, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET \
    name = excluded.name, company = excluded.company, tier = excluded.tier, account = excluded.account, \
    language = excluded.language, notes = excluded.notes, name_key = excluded.name_key, search = excluded.search, \
    changed = excluded.changed";

const SAVE_POINT: &str = "INSERT INTO contact_points (customer, position, kind, raw, normal, label) \
    VALUES ($1, $2, $3, $4, $5, $6)";

/// Writes a customer and its contact points.
pub(crate) async fn write(tx: &mut Tx, id: CustomerId, checked: &Checked) -> Result<(), sqlx::Error> {
    let fields = &checked.fields;
    let name_key: String = fields.name.0.to_lowercase().chars().take(KEY_CHARS).collect();
    let values = vals![
        id,
        fields.name.0.as_str(),
        fields.company.as_str(),
        fields.tier.as_str(),
        fields.account.as_str(),
        fields.language.map(|language| language.to_string()),
        fields.notes.as_str(),
        name_key,
        search_text(checked),
        wall_now(),
    ];
    tx.execute(SAVE_CUSTOMER, values).await?;
    tx.execute("DELETE FROM contact_points WHERE customer = $1", vals![id]).await?;
    for (position, point) in (0i64..).zip(&checked.points) {
        let (raw, normal) = (point.raw.0.as_str(), point.normal.0.as_str());
        let values = vals![id, position, point.kind.as_str(), raw, normal, point.label.as_str()];
        tx.execute(SAVE_POINT, values).await?;
    }
    Ok(())
}

fn search_text(checked: &Checked) -> String {
    let fields = &checked.fields;
    let mut lines = vec![fields.name.0.to_lowercase(), fields.company.to_lowercase(), fields.account.to_lowercase()];
    for point in &checked.points {
        lines.push(point.raw.0.to_lowercase());
        lines.push(point.normal.0.clone());
    }
    lines.join("\n")
}

/// The customer with this id.
pub(crate) async fn by_id(db: &Db, id: CustomerId) -> Result<Option<Customer>, Failure> {
    first(db, db.fetch(customer_rows!("WHERE k.id = $1"), vals![id]).await?).await
}

/// The customer with this account number.
pub(crate) async fn by_account(db: &Db, account: &str) -> Result<Option<Customer>, Failure> {
    let account = account.trim().replace('\0', "\u{fffd}");
    if account.is_empty() {
        return Ok(None);
    }
    first(db, db.fetch(customer_rows!("WHERE k.account = $1"), vals![account]).await?).await
}

/// The customer with this number; of several the one that was changed last.
pub(crate) async fn by_number(store: &Store, number: &str) -> Result<Option<Customer>, Failure> {
    let normal = store.numbering.normal(number).replace('\0', "\u{fffd}");
    if normal.is_empty() {
        return Ok(None);
    }
    let sql = customer_rows!(
        "JOIN contact_points p ON p.customer = k.id WHERE p.normal = $1 AND p.kind = 'phone' \
         ORDER BY k.changed DESC, k.id LIMIT 1"
    );
    first(&store.db, store.db.fetch(sql, vals![normal]).await?).await
}

async fn first(db: &Db, rows: Vec<Row>) -> Result<Option<Customer>, Failure> {
    let Some(row) = rows.first() else { return Ok(None) };
    let mut customer = bare_customer(row)?;
    fill(db, &mut customer).await?;
    customer.last_contacts = last_contacts(db, customer.id).await?;
    Ok(Some(customer))
}

const CUSTOMERS: &str = customer_rows!(
    "WHERE (k.name_key, k.id) > ($1, $2) AND ($3 IS NULL OR k.search LIKE $3 ESCAPE '!' \
     OR k.search LIKE $4 ESCAPE '!') ORDER BY k.name_key, k.id LIMIT $5"
);

/// One page of customers by name. Their last contacts are left out: lists do not show them.
pub(crate) async fn page(
    store: &Store,
    search: &str,
    cursor: Option<String>,
    limit: u32,
) -> Result<Page<Customer>, Failure> {
    let (after_key, after_id) = match cursor {
        Some(cursor) => place_of(&store.db, cursor::read_customer(&cursor)?).await?,
        None => (String::new(), String::new()),
    };
    let size = page_size(limit);
    let search = search.trim();
    let words = (!search.is_empty()).then(|| format!("%{}%", like_escaped(&search.to_lowercase())));
    let digits = number_pattern(store.numbering, search).or_else(|| words.clone());
    let rows = store.db.fetch(CUSTOMERS, vals![after_key, after_id, words, digits, size as u64 + 1]).await?;
    let mut items = Vec::with_capacity(size);
    for row in rows.iter().take(size) {
        let mut customer = bare_customer(row)?;
        fill(&store.db, &mut customer).await?;
        items.push(customer);
    }
    let next = if rows.len() > size { items.last().map(|customer| customer.id.to_string()) } else { None };
    Ok(Page { items, next })
}

async fn place_of(db: &Db, id: CustomerId) -> Result<(String, String), Failure> {
    let rows = db.fetch("SELECT name_key FROM customers WHERE id = $1", vals![id]).await?;
    let row = rows.first().ok_or(QueryError::BadCursor)?;
    Ok((row.text(0)?, id.to_string()))
}

/// The pattern for a text that looks like a number or a part of one, however it is grouped.
fn number_pattern(numbering: Numbering, search: &str) -> Option<String> {
    let is_number = search.chars().all(|c| c.is_ascii_digit() || " +-()/.".contains(c));
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    if !is_number || digits.len() < 3 {
        return None;
    }
    let whole = numbering.e164(search);
    let part = digits.strip_prefix("00").or_else(|| digits.strip_prefix('0')).unwrap_or(&digits);
    Some(format!("%{}%", whole.as_deref().unwrap_or(part)))
}

fn bare_customer(row: &Row) -> Result<Customer, sqlx::Error> {
    Ok(Customer {
        id: row.id(0)?,
        name: Redacted(row.text(1)?),
        company: row.text(2)?,
        tier: row.text(3)?,
        account: row.text(4)?,
        language: row.opt_id(5)?,
        notes: row.text(6)?,
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 0,
        contacts_total: 0,
    })
}

async fn fill(db: &Db, customer: &mut Customer) -> Result<(), sqlx::Error> {
    let sql = "SELECT kind, raw, normal, label FROM contact_points WHERE customer = $1 ORDER BY position";
    let point = |row: &Row| {
        let (raw, normal) = (Redacted(row.text(1)?), Redacted(row.text(2)?));
        Ok::<_, sqlx::Error>(ContactPoint { kind: row.text(0)?, raw, normal, label: row.text(3)? })
    };
    customer.contact_points = db.fetch(sql, vals![customer.id]).await?.iter().map(point).collect::<Result<_, _>>()?;
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN started >= $2 THEN 1 END) FROM contacts \
        WHERE customer = $1 AND ended IS NOT NULL";
    let week_ago = WallTime::from_micros(wall_now().as_micros().saturating_sub(7 * DAY));
    let rows = db.fetch(sql, vals![customer.id, week_ago]).await?;
    if let Some(row) = rows.first() {
        customer.contacts_total = u32::try_from(row.unsigned(0)?).unwrap_or(u32::MAX);
        customer.contacts_7d = u32::try_from(row.unsigned(1)?).unwrap_or(u32::MAX);
    }
    Ok(())
}

const LAST_CONTACTS: &str = "SELECT c.started, c.channel, COALESCE(q.name, c.queue), COALESCE(a.name, c.agent), \
    d.labels, c.disposition, c.notes, c.talk_ms FROM contacts c LEFT JOIN queues q ON q.id = c.queue \
    LEFT JOIN agents a ON a.id = c.agent LEFT JOIN dispositions d ON d.code = c.disposition \
    WHERE c.customer = $1 AND c.ended IS NOT NULL ORDER BY c.started DESC, c.id DESC LIMIT 3";

async fn last_contacts(db: &Db, id: CustomerId) -> Result<Vec<LastContact>, sqlx::Error> {
    db.fetch(LAST_CONTACTS, vals![id]).await?.iter().map(last_contact).collect()
}

fn last_contact(row: &Row) -> Result<LastContact, sqlx::Error> {
    let notes = row.text(6)?;
    let note = notes.lines().next().filter(|line| !line.is_empty());
    Ok(LastContact {
        at: row.time(0)?,
        channel: row.text(1)?,
        queue: row.opt_text(2)?,
        agent: row.opt_text(3)?,
        disposition: row.opt_text(4)?.as_deref().and_then(label).or(row.opt_text(5)?),
        note: note.map(str::to_owned),
        talk_ms: row.unsigned(7)?,
    })
}

/// The English label, or the first one.
fn label(labels: &str) -> Option<String> {
    let labels: Value = serde_json::from_str(labels).ok()?;
    let label = labels.get("en").or_else(|| labels.as_object()?.values().next())?;
    label.as_str().map(str::to_owned)
}
