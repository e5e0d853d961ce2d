/** This package lets several processes train one model together: what they exchange, and how it travels. */
package detangle.train.parallel;
