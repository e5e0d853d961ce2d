package detangle.pipelines.task;

import java.util.List;

/** A named part of what is said of a row, and what it holds: a property in JSON, a column in Parquet. */
public record Column(String name, Type type) {
    /** What a column holds; any value may also be missing. */
    public sealed interface Type permits Scalar, ListOf, ObjectOf {}

    /** A single value. */
    public enum Scalar implements Type {
        TEXT,
        WHOLE,
        TRUTH,
        /** In double precision, as scores are. */
        DOUBLE,
        /** In single precision, as components of vectors are. */
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
