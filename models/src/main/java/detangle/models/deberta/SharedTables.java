package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;

/**
 * The tables of a generator, in which its discriminator looks words and positions up.
 *
 * @param sharing what is taken of them
 * @param generator the scope of the generator's tables
 * @param own the scope of the discriminator's own tables
 */
record SharedTables(EmbeddingSharing sharing, Layers generator, Layers own) {
    /** What the table is called that gradient-disentangled sharing adds, by the original's name. */
    static final String RESIDUAL = "._weight";

    static final String TABLE = ".weight";

    /**
     * Rows of a table, {@code [..,E]}. The sum of two tables is not made, but of the rows that are looked up.
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
