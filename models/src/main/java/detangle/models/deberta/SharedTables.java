package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;

/**
 * The tables of a generator, in which its discriminator looks up words and positions.
 *
 * @param sharing the way in which they are shared
 * @param generator the scope of the generator's tables
 * @param own the scope of the discriminator's own tables
 */
record SharedTables(EmbeddingSharing sharing, Layers generator, Layers own) {
    /** The end of the original's name for the table that gradient-disentangled sharing adds. */
    static final String RESIDUAL = "._weight";

    static final String TABLE = ".weight";

    /**
     * Returns rows of a table, {@code [..,E]}. Two tables are not added as a whole; only the rows that are looked up
     * are.
     *
     * @param name {@code word_embeddings} or {@code position_embeddings}
     * @param count the number of the table's rows
     * @param width E
     * @param ids the numbers of the rows, {@code i64[..]}
     */
    Node rows(String name, long count, long width, Node ids) {
        Builder b = own.builder();
        return switch (sharing) {
            case NONE -> b.gather(own.param(name + TABLE, count, width), ids);
            case ES -> b.gather(generator.param(name + TABLE, count, width), ids);
            case GDES ->
                b.add(
                        b.gather(b.stopGradient(generator.param(name + TABLE, count, width)), ids),
                        b.gather(own.param(name + RESIDUAL, count, width), ids));
        };
    }
}
