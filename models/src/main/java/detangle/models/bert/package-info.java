/**
 * BERT (Devlin et al. 2019) as DeBERTa without its relative positions, for the encoders of labels that stand inside of
 * other models.
 */
package detangle.models.bert;
