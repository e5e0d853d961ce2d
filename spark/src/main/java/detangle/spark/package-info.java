/** Models over datasets on many machines: scores of texts, and training. */
package detangle.spark;
