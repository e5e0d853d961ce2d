/** GLiClass (Knowledgator 2025): texts judged by labels that are named, all in one pass of a DeBERTa encoder. */
package detangle.models.gliclass;
