package engine

// statusDeclined is a payment that was tried and refused.
const statusDeclined = "declined"
