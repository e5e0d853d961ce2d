package detangle.pipelines.schema;

/** A relation between two parts of a text, which may be the same part. */
public record RelationMention(Mention head, Mention tail) {}
