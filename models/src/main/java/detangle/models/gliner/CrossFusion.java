package detangle.models.gliner;

import java.util.List;

/**
 * Layers of attention between the words of a text and its labels (CrossFuser of gliner/modeling/layers.py).
 *
 * @param steps what a layer does, in order; post_fusion_schema says it
 * @param layers num_post_fusion_layers
 * @param heads of attention, those of the text's encoder
 */
public record CrossFusion(List<Step> steps, int layers, int heads) {
    /** Whose states are renewed, and what they attend to. */
    public enum Step {
        /** Labels attend to each other. */
        L2L(false, false),
        /** Labels attend to words. */
        L2T(false, true),
        /** Words attend to each other. */
        T2T(true, true),
        /** Words attend to labels. */
        T2L(true, false);

        private final boolean renewsWords;
        private final boolean readsWords;

        Step(boolean renewsWords, boolean readsWords) {
            this.renewsWords = renewsWords;
            this.readsWords = readsWords;
        }

        /** Returns whether words are renewed, and not labels. */
        public boolean renewsWords() {
            return renewsWords;
        }

        /** Returns whether words are attended to, and not labels. */
        public boolean readsWords() {
            return readsWords;
        }
    }
}
