package detangle.cli;

import java.util.List;

/** A named part of what is said of a row, and what it holds: a property in JSON, a column in Parquet. */
record Column(String name, Type type) {
    /** What a column holds; any value may also be missing. */
    sealed interface Type permits Scalar, ListOf, ObjectOf {}

    /** A single value. */
    enum Scalar implements Type {
        TEXT,
        WHOLE,
        TRUTH,
        /** In double precision, as scores are. */
        DOUBLE,
        /** In single precision, as components of vectors are. */
        FLOAT
    }

    /** Any number of values. */
    record ListOf(Type element) implements Type {}

    /** Values with names. */
    record ObjectOf(List<Column> columns) implements Type {
        ObjectOf(Column... columns) {
            this(List.of(columns));
        }
    }

    static Column text(String name) {
        return new Column(name, Scalar.TEXT);
    }

    static Column whole(String name) {
        return new Column(name, Scalar.WHOLE);
    }

    static Column score(String name) {
        return new Column(name, Scalar.DOUBLE);
    }

    static Column listOf(String name, Type element) {
        return new Column(name, new ListOf(element));
    }
}
