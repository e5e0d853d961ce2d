package detangle.pipelines.task;

import java.util.List;

/** A named part of the answer to a row, with the type of its values: a property in JSON, a column in Parquet. */
public record Column(String name, Type type) {
    /** The type of a column's values; any value may also be missing. */
    public sealed interface Type permits Scalar, ListOf, ObjectOf {}

    /** A single value. */
    public enum Scalar implements Type {
        TEXT,
        WHOLE,
        TRUTH,
        /** Numbers in double precision, as scores are. */
        DOUBLE,
        /** Numbers in single precision, as components of vectors are. */
        FLOAT
    }

    /** Any number of values. */
    public record ListOf(Type element) implements Type {}

    /** Values with names. */
    public record ObjectOf(List<Column> columns) implements Type {
        public ObjectOf(Column... columns) {
            this(List.of(columns));
        }
    }

    public static Column text(String name) {
        return new Column(name, Scalar.TEXT);
    }

    public static Column whole(String name) {
        return new Column(name, Scalar.WHOLE);
    }

    public static Column score(String name) {
        return new Column(name, Scalar.DOUBLE);
    }

    public static Column listOf(String name, Type element) {
        return new Column(name, new ListOf(element));
    }
}
