package detangle.models.gliner;

import java.util.List;

/**
 * Layers of attention between the words of a text and its labels (CrossFuser of gliner/modeling/layers.py).
 *
 * @param steps the steps of a layer in order (post_fusion_schema)
 * @param layers the number of layers (num_post_fusion_layers)
 * @param heads the heads of attention, as many as the encoder of texts has
 */
public record CrossFusion(List<Step> steps, int layers, int heads) {
    /** A step of attention: which states are updated, and what they attend to. */
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

        /** Returns whether the step updates words; otherwise it updates labels. */
        public boolean renewsWords() {
            return renewsWords;
        }

        /** Returns whether the step attends to words; otherwise it attends to labels. */
        public boolean readsWords() {
            return readsWords;
        }
    }
}
