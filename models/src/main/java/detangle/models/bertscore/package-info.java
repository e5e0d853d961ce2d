/** BERTScore (Zhang et al. 2020): how alike texts are, by the states of their tokens. */
package detangle.models.bertscore;
