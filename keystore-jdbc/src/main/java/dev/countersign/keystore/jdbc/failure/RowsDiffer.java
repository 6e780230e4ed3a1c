package dev.countersign.keystore.jdbc.failure;

import java.sql.SQLTransactionRollbackException;

/**
 * A statement changed another number of rows than it should. The transaction is repeated, because a writer without the
 * counter's lock may be the cause.
 */
public final class RowsDiffer extends SQLTransactionRollbackException {
    private static final long serialVersionUID = 1L;

    public RowsDiffer(int changed, int expected) {
        super("a statement changed " + changed + " rows instead of " + expected + ", so nothing was stored", "40001");
    }
}
