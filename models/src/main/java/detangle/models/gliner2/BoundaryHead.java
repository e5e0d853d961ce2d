package detangle.models.gliner2;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The boundary architecture of GLiNER2.5 (gliner2/models/boundary): scores of first and last boundaries of spans
 * propose candidates, which are then scored again. There is a boundary before each word and one behind the last word.
 * The fields are those of {@code boundary_head} in config.json that inference reads.
 *
 * @param width the width of the states of boundaries
 * @param pairWidth the width of the states of the spans that are scored
 * @param hasDropout whether the classifier contains a layer of dropout
 * @param states the layers that make states of boundaries
 * @param proposals which spans a query proposes
 * @param scoring how a query's own spans are scored
 * @param pool which spans queries share, and how those are scored
 * @param candidates whether spans are proposed for each query or for all queries
 * @param insideEvidence whether scores of the words of a span count
 * @param content the vectors of a span's words; empty if they are not used
 * @param rotaryBase the base of the rotary embeddings of boundaries; empty if there are none
 * @param decoding which spans are kept
 * @param records the settings of structures; empty if the model does not find structures
 * @param relations the settings of relations; empty if the model does not find relations
 */
public record BoundaryHead(
        int width,
        int pairWidth,
        boolean hasDropout,
        States states,
        Proposals proposals,
        Scoring scoring,
        Pool pool,
        CandidatePool candidates,
        boolean insideEvidence,
        Optional<Content> content,
        OptionalDouble rotaryBase,
        Decoding decoding,
        Optional<Records> records,
        Optional<Relations> relations)
        implements Gliner2Head {
    /**
     * Layers over boundaries.
     *
     * @param attentionLayers the number of layers of attention
     * @param attentionHeads the heads of each layer
     * @param attentionWindow the distance up to which boundaries attend; 0 for all boundaries
     * @param refinementLayers the number of gated layers
     * @param refinementWidth the width inside each of them
     */
    public record States(
            int attentionLayers, int attentionHeads, int attentionWindow, int refinementLayers, int refinementWidth) {}

    /**
     * The settings of the spans that a query proposes.
     *
     * @param starts the number of the best first boundaries
     * @param ends the number of the best last boundaries
     * @param endsPerStart the number of spans of each first boundary
     * @param startsPerEnd the number of spans of each last boundary
     * @param budget the number of spans that are kept
     * @param bidirectional whether last boundaries propose too
     * @param alpha the share of a text's words to which {@code starts} and {@code ends} grow; 0 if they do not grow
     * @param maxCandidates the most to which they grow
     * @param bucket the number of which they are a multiple when they grow
     */
    public record Proposals(
            int starts,
            int ends,
            int endsPerStart,
            int startsPerEnd,
            int budget,
            boolean bidirectional,
            double alpha,
            int maxCandidates,
            int bucket) {
        /** Returns how many boundaries are chosen in a text of a number of words; {@code base} without growth. */
        public int chosen(int base, int words) {
            if (alpha <= 0) {
                return base;
            }
            int wanted = Math.max(base, (int) Math.min(Math.ceil(alpha * words), maxCandidates));
            return (int) Math.min(maxCandidates, Math.ceil((double) wanted / bucket) * bucket);
        }
    }

    /**
     * The settings of the scores of a query's own spans.
     *
     * @param heads the heads of the product of both ends
     * @param compatibility whether that product counts
     * @param differences whether the difference of both ends counts
     * @param insideByQuery whether each query weighs the words inside for itself
     */
    public record Scoring(int heads, boolean compatibility, boolean differences, boolean insideByQuery) {}

    /**
     * The settings of the spans that queries share.
     *
     * @param boundaries the number of the best first and of the best last boundaries, which make all pairs
     * @param size the number of spans that are kept
     * @param perQuery the number of them that each query chooses
     * @param candidateLayers the layers of attention between spans
     * @param heads the heads of all attention
     * @param queryLayers the layers of attention between queries
     */
    public record Pool(int boundaries, int size, int perQuery, int candidateLayers, int heads, int queryLayers) {}

    /**
     * The settings of the vectors of words.
     *
     * @param width the width of each vector
     * @param softMaximum whether a smooth maximum stands beside the mean
     */
    public record Content(int width, boolean softMaximum) {
        /** Returns the width of a span's vector. */
        public int spanWidth() {
            return softMaximum ? 2 * width : width;
        }
    }

    /**
     * The settings of the choice among spans.
     *
     * @param overlaps which entities may overlap
     * @param abstention the probability of finding nothing above which a kind has no entities; empty if the model does
     *     not compute it
     * @param hasCounts whether the model has weights that predict the number of entities
     * @param adaptive whether as many entities are kept as the model expects, even if they do not reach the threshold
     * @param pairTemperature divides scores of entities
     * @param classificationTemperature divides scores of labels
     */
    public record Decoding(
            OverlapPolicy overlaps,
            OptionalDouble abstention,
            boolean hasCounts,
            boolean adaptive,
            double pairTemperature,
            double classificationTemperature) {}

    /**
     * The settings of structures.
     *
     * @param width the width of the vectors of instances and values
     * @param instances the most instances of a structure without an anchor
     * @param instanceThreshold the least probability of an instance
     * @param fieldThreshold the least probability of a value
     * @param temperature divides all their scores
     */
    public record Records(
            int width, int instances, double instanceThreshold, double fieldThreshold, double temperature) {}

    /**
     * The settings of relations.
     *
     * @param heads the number of spans that are tried as the head of a relation
     * @param tails the number of spans that are tried as its tail
     * @param pairs the number of pairs of them that are scored
     * @param argumentThreshold the least probability of a head and a tail
     * @param temperature divides scores
     * @param directional whether a relation's vector is both of its marks side by side; otherwise it is their mean
     * @param content whether the vectors of the words of both are used
     */
    public record Relations(
            int heads,
            int tails,
            int pairs,
            double argumentThreshold,
            double temperature,
            boolean directional,
            boolean content) {
        /** Returns the width of a relation's vector. */
        public long vectorWidth(long width) {
            return directional ? 2 * width : width;
        }
    }

    @Override
    public String architecture() {
        return "boundary";
    }

    @Override
    public int classifierOutput() {
        return hasDropout ? 3 : 2;
    }

    /** Returns the same head with candidates of a kind, and with every part in use for which there are weights. */
    BoundaryHead whole(CandidatePool pool) {
        return new BoundaryHead(
                width,
                pairWidth,
                hasDropout,
                states,
                proposals,
                new Scoring(scoring.heads, true, scoring.differences, scoring.insideByQuery),
                this.pool,
                pool,
                true,
                content,
                rotaryBase,
                new Decoding(
                        decoding.overlaps,
                        decoding.abstention,
                        decoding.hasCounts,
                        decoding.hasCounts,
                        decoding.pairTemperature,
                        decoding.classificationTemperature),
                records,
                relations);
    }
}
