package detangle.models.deberta;

/**
 * Variations of the program of a model.
 *
 * @param convention whose reading of far distances is taken
 * @param mask the form of the input {@code attention_mask}
 * @param hiddenStates whether {@code hidden_states.0} (embeddings) to {@code hidden_states.N} are outputs,
 *     {@code f32[B,S,H]}, zero at padded positions
 * @param padding what is computed at padded positions
 * @param attentions whether {@code attentions.0} to {@code attentions.N-1} are outputs, the probabilities
 *     {@code f32[B,A,S,S]}, zero in rows and columns of padding; attention is not fused then
 * @param maskedRows whether a masked LM predicts some tokens alone: those of the input {@code masked_rows}, {@code
 *     i64[N]}, the numbers b*S+s of tokens; its logits are {@code f32[N,V]} then
 */
public record ModelOptions(
        Convention convention,
        AttentionMask mask,
        boolean hiddenStates,
        PaddedStates padding,
        boolean attentions,
        boolean maskedRows) {
    /** HuggingFace's convention, a mask of tokens, hidden states and no attentions. */
    public static final ModelOptions DEFAULT =
            new ModelOptions(Convention.HUGGINGFACE, AttentionMask.TOKENS, true, PaddedStates.NOTHING, false, false);

    public ModelOptions with(Convention other) {
        return new ModelOptions(other, mask, hiddenStates, padding, attentions, maskedRows);
    }

    public ModelOptions with(AttentionMask other) {
        return new ModelOptions(convention, other, hiddenStates, padding, attentions, maskedRows);
    }

    public ModelOptions withHiddenStates(boolean wanted) {
        return new ModelOptions(convention, mask, wanted, padding, attentions, maskedRows);
    }

    public ModelOptions with(PaddedStates wanted) {
        return new ModelOptions(convention, mask, hiddenStates, wanted, attentions, maskedRows);
    }

    public ModelOptions withAttentions(boolean wanted) {
        return new ModelOptions(convention, mask, hiddenStates, padding, wanted, maskedRows);
    }

    public ModelOptions withMaskedRows(boolean wanted) {
        return new ModelOptions(convention, mask, hiddenStates, padding, attentions, wanted);
    }
}
