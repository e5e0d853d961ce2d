package detangle.pipelines.redaction;

/** The scope in which the same part of a text has the same number. */
public enum CounterScope {
    /** The scope is a text: the numbers of each text begin with 1. */
    TEXT,
    /** The scope is all texts of a call, of a run of a command, or of a request. */
    RUN
}
