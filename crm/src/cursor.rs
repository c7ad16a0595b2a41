//! The place between two pages, as text that readers hand back unread.

use domain::{ContactId, CustomerId, QueryError, WallTime};

/// The last contact of a page.
pub(crate) fn contact(started: WallTime, id: ContactId) -> String {
    format!("{:016X}{id}", started.as_micros().cast_unsigned())
}

/// Reads [`contact`]'s text.
pub(crate) fn read_contact(text: &str) -> Result<(WallTime, ContactId), QueryError> {
    let (started, id) = text.split_at_checked(16).ok_or(QueryError::BadCursor)?;
    let started = u64::from_str_radix(started, 16).map_err(|_| QueryError::BadCursor)?;
    let id = id.parse().map_err(|_| QueryError::BadCursor)?;
    Ok((WallTime::from_micros(started.cast_signed()), id))
}

/// Reads a cursor of the customer list: the last customer of a page.
pub(crate) fn read_customer(text: &str) -> Result<CustomerId, QueryError> {
    text.parse().map_err(|_| QueryError::BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_refused() {
        let place = (WallTime::from_micros(-5), ContactId::new(77));
        assert_eq!(read_contact(&contact(place.0, place.1)), Ok(place));
        for nonsense in ["", "x", "äöüäöüäöüäöü", "0000000000000000", "zzzzzzzzzzzzzzzz00000000000000000000000000"]
        {
            assert_eq!(read_contact(nonsense), Err(QueryError::BadCursor));
            assert_eq!(read_customer(nonsense), Err(QueryError::BadCursor));
        }
    }
}
