/** From rows to batches: labels, tokens, windows, masks, the order of an epoch, padding. */
package detangle.train.data;
