/** GLiClass (Knowledgator 2025): classifies texts by named labels, all in one pass of a DeBERTa encoder. */
package detangle.models.gliclass;
