//! Many rows in one statement: the rows go over as one JSON array of arrays, so that a batch costs a handful of
//! statements, however many events and contacts it holds.

use crate::db::{Tx, Val};
use serde_json::Value;
use std::fmt::Write as _;

/// A table into which rows are put.
pub(crate) struct Table {
    pub name: &'static str,
    /// Columns with text.
    pub texts: &'static [&'static str],
    /// Columns with numbers; they follow the texts.
    pub numbers: &'static [&'static str],
    /// The columns of the key.
    pub key: &'static [&'static str],
    /// Rows that are there already.
    pub known: Known,
}

/// What becomes of rows that are there already.
pub(crate) enum Known {
    /// They stay as they are.
    Stay,
    /// They become what is written, if this holds; empty: always.
    Change(&'static str),
}

/// The statement for both engines. Its one place takes the rows.
pub(crate) struct Bulk {
    sqlite: String,
    postgres: String,
}

impl Bulk {
    /// A statement that puts rows into a table.
    pub(crate) fn into(table: &Table) -> Self {
        let columns: Vec<&str> = table.texts.iter().chain(table.numbers).copied().collect();
        let kinds = table.texts.iter().map(|_| "text").chain(table.numbers.iter().map(|_| "bigint"));
        let lite: Vec<String> = (0..columns.len()).map(|n| format!("value ->> {n}")).collect();
        let post: Vec<String> = kinds.enumerate().map(|(n, kind)| format!("(e ->> {n})::{kind}")).collect();
        let head = format!("INSERT INTO {} ({}) SELECT ", table.name, columns.join(", "));
        let tail = tail(table, &columns);
        Self {
            // Without a condition the parser would take ON for a join's.
            sqlite: format!("{head}{} FROM json_each($1) WHERE true{tail}", lite.join(", ")),
            postgres: format!(
                "{head}{} FROM jsonb_array_elements(CAST($1 AS text)::jsonb) AS e{tail}",
                post.join(", ")
            ),
        }
    }

    /// Puts the rows there; how many were new or changed. Which, is not told: each key that came back would cost as much as
    /// to put its row there.
    pub(crate) async fn put(&'static self, tx: &mut Tx, rows: Vec<Value>) -> Result<u64, sqlx::Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let sql = match tx {
            Tx::Sqlite(_) => &self.sqlite,
            Tx::Postgres(_) => &self.postgres,
        };
        tx.execute(sql, vec![Val::from(Value::Array(rows).to_string())]).await
    }
}

fn tail(table: &Table, columns: &[&str]) -> String {
    let mut tail = format!(" ON CONFLICT ({}) DO ", table.key.join(", "));
    match table.known {
        Known::Stay => tail.push_str("NOTHING"),
        Known::Change(condition) => {
            let others = columns.iter().filter(|column| !table.key.contains(column));
            let sets: Vec<String> = others.map(|column| format!("{column} = excluded.{column}")).collect();
            // Writing to a string cannot fail.
            let _ = write!(tail, "UPDATE SET {}", sets.join(", "));
            if !condition.is_empty() {
                let _ = write!(tail, " WHERE {condition}");
            }
        }
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_its_columns_once_for_each_engine() {
        let table =
            Table { name: "t", texts: &["id", "word"], numbers: &["n"], key: &["id"], known: Known::Change("t.n < 3") };
        let bulk = Bulk::into(&table);
        assert_eq!(
            bulk.sqlite,
            "INSERT INTO t (id, word, n) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1) WHERE true \
             ON CONFLICT (id) DO UPDATE SET word = excluded.word, n = excluded.n WHERE t.n < 3"
        );
        assert_eq!(
            bulk.postgres,
            "INSERT INTO t (id, word, n) SELECT (e ->> 0)::text, (e ->> 1)::text, (e ->> 2)::bigint \
             FROM jsonb_array_elements(CAST($1 AS text)::jsonb) AS e \
             ON CONFLICT (id) DO UPDATE SET word = excluded.word, n = excluded.n WHERE t.n < 3"
        );
    }
}
