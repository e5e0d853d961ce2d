package detangle.models.gliner2;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The boundary architecture of GLiNER2.5 (gliner2/models/boundary): scores of first and last boundaries of spans
 * propose candidates, which are scored again. There is a boundary before each word and one behind the last. The fields
 * are those of {@code boundary_head} in config.json that inference reads.
 *
 * @param width of the states of boundaries
 * @param pairWidth of the states of spans that are scored
 * @param hasDropout whether a layer of dropout stands inside the classifier
 * @param states what makes states of boundaries
 * @param proposals which spans a query proposes
 * @param scoring how a query's own spans are scored
 * @param pool which spans queries share, and how those are scored
 * @param candidates which of the two is done
 * @param insideEvidence whether scores of the words of a span count
 * @param content the vectors of a span's words; empty if they do not count
 * @param rotaryBase of the rotary embeddings of boundaries; empty if there are none
 * @param decoding what is kept
 * @param records empty if the model finds no structures
 * @param relations empty if the model finds no relations
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
     * @param attentionLayers how many layers of attention there are
     * @param attentionHeads of each
     * @param attentionWindow how far boundaries see; 0: all of them
     * @param refinementLayers how many gated layers there are
     * @param refinementWidth inside each
     */
    public record States(
            int attentionLayers, int attentionHeads, int attentionWindow, int refinementLayers, int refinementWidth) {}

    /**
     * The settings of what a query proposes.
     *
     * @param starts the best first boundaries
     * @param ends the best last boundaries
     * @param endsPerStart spans of each of the first
     * @param startsPerEnd spans of each of the last
     * @param budget how many spans are kept
     * @param bidirectional whether last boundaries propose too
     * @param alpha the share of a text's words that {@code starts} and {@code ends} grow to; 0: they do not grow
     * @param maxCandidates what they grow to at most
     * @param bucket what they are a multiple of when they grow
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
        /** Returns how many of {@code base} boundaries are chosen in a text of so many words. */
        public int chosen(int base, int words) {
            if (alpha <= 0) {
                return base;
            }
            int wanted = Math.max(base, (int) Math.min(Math.ceil(alpha * words), maxCandidates));
            return (int) Math.min(maxCandidates, Math.ceil((double) wanted / bucket) * bucket);
        }
    }

    /**
     * Scores of a query's own spans.
     *
     * @param heads of the product of both ends
     * @param compatibility whether that product counts
     * @param differences whether the difference of both ends counts
     * @param insideByQuery whether each query weighs the words inside for itself
     */
    public record Scoring(int heads, boolean compatibility, boolean differences, boolean insideByQuery) {}

    /**
     * Spans that queries share.
     *
     * @param boundaries the best first and the best last ones, of which all pairs are made
     * @param size how many spans are kept
     * @param perQuery how many of them each query chooses
     * @param candidateLayers of attention between spans
     * @param heads of all attention
     * @param queryLayers of attention between queries
     */
    public record Pool(int boundaries, int size, int perQuery, int candidateLayers, int heads, int queryLayers) {}

    /**
     * Vectors of words.
     *
     * @param width of each
     * @param softMaximum whether a smooth maximum stands beside the mean
     */
    public record Content(int width, boolean softMaximum) {
        /** Returns the width of a span's vector. */
        public int spanWidth() {
            return softMaximum ? 2 * width : width;
        }
    }

    /**
     * The settings of what is kept.
     *
     * @param overlaps which entities may overlap
     * @param abstention above which probability of finding nothing a kind has no entities; empty if the model does not
     *     tell it
     * @param hasCounts whether the model has weights that tell how many entities there are
     * @param adaptive whether as many entities are kept as the model expects, though they do not reach the threshold
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
     * Structures.
     *
     * @param width of the vectors of instances and values
     * @param instances how many a structure without an anchor has at most
     * @param instanceThreshold the least probability of an instance
     * @param fieldThreshold the least probability of a value
     * @param temperature divides all their scores
     */
    public record Records(
            int width, int instances, double instanceThreshold, double fieldThreshold, double temperature) {}

    /**
     * Relations.
     *
     * @param heads how many spans are tried as a relation's head
     * @param tails how many as its tail
     * @param pairs how many pairs of them are scored
     * @param argumentThreshold the least probability of a head and a tail
     * @param temperature divides scores
     * @param directional whether a relation's vector is made of both its marks, and not of their mean
     * @param content whether vectors of the words of both count
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

    /** Returns the same head with candidates of the other kind, and with all that it has weights for in use. */
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
