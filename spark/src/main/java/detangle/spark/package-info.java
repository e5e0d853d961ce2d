/** Scores of datasets on many machines. */
package detangle.spark;
