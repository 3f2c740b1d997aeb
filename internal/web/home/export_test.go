package home

// Views are the folder's templates, for its test.
var Views = views
