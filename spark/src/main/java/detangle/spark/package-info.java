/** This package scores texts of datasets, and trains models on them, on many machines. */
package detangle.spark;
