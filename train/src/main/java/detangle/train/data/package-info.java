/** This package makes batches from rows: labels, tokens, windows, masks, the order of an epoch, and padding. */
package detangle.train.data;
